"""Pins: the messages that a conversation keeps at hand."""

from parley.journal.blocking import Blocking
from parley.journal.commands import Committed, Unchanged
from parley.journal.journal import Journal
from parley.model.conversations import State
from parley.model.entries import Entry
from parley.model.ids import ConversationId, UserId
from parley.model.permissions import pin_message, unpin_message


class Pins:
    """A pin is the conversation's, not a person's."""

    def __init__(self, *, journal: Journal, blocking: Blocking, most: int = 100) -> None:
        self._journal = journal
        self._most = most
        self._blocking = blocking

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
