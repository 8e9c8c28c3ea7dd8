"""Pins: the messages that a conversation keeps at hand."""

from msgspec import Struct

from parley.journal.blocking import Blocking
from parley.journal.commands import Committed, Unchanged
from parley.journal.journal import Journal
from parley.model.conversations import State
from parley.model.entries import Entry, MessageNew
from parley.model.errors import Invalid
from parley.model.ids import ConversationId, UserId
from parley.model.messages import UNTOUCHED, as_shown
from parley.model.permissions import pin_message, require_member, unpin_message
from parley.ports.log import Log

PAGE = 50
"""At most: one of the longest messages, as JSON, is 64 KB and more."""


class PinPage(Struct, frozen=True, omit_defaults=True):
    """Pinned messages in their present state, the latest message first; `next` is the seq to name as `before`."""

    items: list[MessageNew]
    next: int | None = None


class Pins:
    """A pin is the conversation's, not a person's."""

    def __init__(self, *, journal: Journal, blocking: Blocking, log: Log, most: int = 100) -> None:
        self._journal = journal
        self._most = most
        self._blocking = blocking
        self._log = log

    async def page(
        self,
        user_id: UserId,
        conversation_id: ConversationId,
        *,
        before: int | None = None,
        limit: int = PAGE,
    ) -> PinPage:
        """The pinned messages before a seq, at most 50 at once.

        Raises:
            Invalid: A limit that is none.
            NotFound: The conversation is not there for this person.
        """
        if limit < 1:
            raise Invalid("A page holds at least one item.", limit=limit)
        state = await self._journal.state(conversation_id)
        require_member(state, user_id)
        pinned = sorted((seq for seq in state.pins if before is None or seq < before), reverse=True)
        seqs = pinned[: min(limit, PAGE)]
        messages = await self._log.messages_at(conversation_id, seqs)
        _, found = await self._log.aftermaths(conversation_id, seqs)
        shown = [as_shown(one, found.get(one.seq, UNTOUCHED)) for one in messages]
        # Asked for again behind the reading: who left meanwhile must not see what followed.
        require_member(await self._journal.state(conversation_id), user_id)
        # What was unpinned or deleted since the state was told is shown so, or is not there.
        items = sorted((one for one in shown if one.pinned), key=lambda one: -one.seq)
        return PinPage(items, seqs[-1] if len(seqs) < len(pinned) else None)

    async def pin(
        self,
        user_id: UserId,
        conversation_id: ConversationId,
        seq: int,
        *,
        client_id: str | None = None,
    ) -> Committed:
        """Pin a message; what is pinned already appends nothing.

        Raises:
            NotFound: The message is not there for this person, or was deleted.
            Forbidden: This person may only read.
            Conflict: As many messages are pinned as may be.
            Blocked: It is a direct conversation, and one of the two has blocked the other.
        """
        state = await self._journal.state(conversation_id)
        relation = await self._blocking.relation(state, user_id)

        def judge(state: State) -> Entry | Unchanged:
            entry = pin_message(state, user_id, seq, most=self._most)
            relation.require_open(state)
            return entry or Unchanged()

        return await self._journal.commit(
            conversation_id,
            user_id,
            judge,
            client_id=client_id,
            digest=self._journal.digest("message.pin", seq) if client_id is not None else None,
        )

    async def unpin(
        self,
        user_id: UserId,
        conversation_id: ConversationId,
        seq: int,
        *,
        client_id: str | None = None,
    ) -> Committed:
        """Take a pin away; where there is none nothing is appended.

        Raises:
            NotFound: The conversation is not there for this person.
            Forbidden: This person may only read.
        """
        return await self._journal.commit(
            conversation_id,
            user_id,
            lambda state: unpin_message(state, user_id, seq) or Unchanged(),
            client_id=client_id,
            digest=self._journal.digest("message.unpin", seq) if client_id is not None else None,
        )
