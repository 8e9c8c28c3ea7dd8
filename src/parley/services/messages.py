"""Messages: sending, and reading a conversation's history and log."""

from typing import Any

from msgspec import Struct

from parley.journal.commands import Committed, Unchanged
from parley.journal.journal import Journal
from parley.model.conversations import State
from parley.model.entries import Entry, Json, MessageNew
from parley.model.errors import Invalid, NotFound
from parley.model.ids import ConversationId, UserId, direct_id
from parley.model.permissions import open_direct, require_member, require_writer
from parley.model.texts import check_data, check_text
from parley.ports.accounts import AccountStore
from parley.ports.answers import Answer
from parley.ports.log import Log

BODY_CHARS = 16_000
BODY_BYTES = 64_000
PAGE = 200


class MessagePage(Struct, frozen=True, omit_defaults=True):
    """Messages ascending, in their present state. `head` was read with them: the cursor to go on from.

    `next` is the seq to name as `before`, or as `after` where one was named; absent at the end.
    """

    items: list[MessageNew]
    head: int
    next: int | None = None


class LogPage(Struct, frozen=True):
    """Entries ascending; `more` where the log goes on behind them."""

    entries: list[Entry]
    head: int
    more: bool


class Draft(Struct, frozen=True, kw_only=True):
    """What someone wants to say. `reply_to` is the seq of a message of the same conversation."""

    body: str
    reply_to: int | None = None
    data: Json | None = None
    client_id: str | None = None


class Messages:
    """What people say. Nobody but members reads or writes, judged anew at every call."""

    def __init__(self, *, journal: Journal, log: Log, accounts: AccountStore) -> None:
        self._journal = journal
        self._log = log
        self._accounts = accounts

    def send(
        self, user_id: UserId, conversation_id: ConversationId, draft: Draft
    ) -> Answer[Committed]:
        """Say something in a conversation; answered once it is durable.

        Raises:
            Invalid: The text or the data is not acceptable (at once, not in the answer).
            TooLarge: They are larger than allowed (likewise).
            NotFound: The conversation, or the message replied to, is not there for this person.
            Forbidden: This person may only read.
            ClientIdReused: The client_id was used for something else.
            Unavailable: It is open whether the message is in; retry with the same client_id.
        """
        check_text(draft.body, "body", most_chars=BODY_CHARS, most_bytes=BODY_BYTES)
        if draft.data is not None:
            check_data(draft.data)

        def judge(state: State) -> Entry:
            require_writer(state, user_id)
            if draft.reply_to is not None and not 1 <= draft.reply_to <= state.head:
                raise NotFound("The message replied to is not here.", reply_to=draft.reply_to)
            return MessageNew(
                actor_id=user_id, body=draft.body, reply_to=draft.reply_to, data=draft.data
            )

        return self._journal.commit(
            conversation_id,
            user_id,
            judge,
            client_id=draft.client_id,
            digest=self._digest(draft) if draft.client_id is not None else None,
        )

    async def send_to(self, user_id: UserId, other_id: UserId, draft: Draft) -> Committed:
        """Say something to a person, in the one direct conversation with them, which this opens.

        Raises:
            NotFound: There is no such person.
            ChatError: As `send`.
        """
        conversation_id = direct_id(user_id, other_id)
        state = await self._journal.state(conversation_id)
        if not state.head:
            if not await self._accounts.existing([other_id]):
                raise NotFound("There is no such person.", user_id=other_id)
            await self._journal.commit(
                conversation_id,
                user_id,
                lambda state: open_direct(state, user_id, other_id) or Unchanged(),
            )
        return await self.send(user_id, conversation_id, draft)

    async def get(self, user_id: UserId, conversation_id: ConversationId, seq: int) -> MessageNew:
        """A message in its present state.

        Raises:
            NotFound: It is not there for this person.
        """
        require_member(await self._journal.state(conversation_id), user_id)
        if seq >= 1:
            for record in await self._log.read(conversation_id, seq - 1, 1):
                if isinstance(record.entry, MessageNew):
                    return record.entry
        raise NotFound("There is no such message.", message_seq=seq)

    async def page(
        self,
        user_id: UserId,
        conversation_id: ConversationId,
        *,
        before: int | None = None,
        after: int | None = None,
        limit: int = 50,
    ) -> MessagePage:
        """A page of history: the newest messages, or those next before or after a seq.

        Raises:
            Invalid: Both `before` and `after`, or a limit that is none.
            NotFound: The conversation is not there for this person.
        """
        if before is not None and after is not None:
            raise Invalid("Name one of before and after.")
        _check_limit(limit)
        require_member(await self._journal.state(conversation_id), user_id)
        head, found = await self._log.messages(
            conversation_id, before=before, after=after, limit=limit + 1
        )
        more = len(found) > limit
        if after is not None:
            items = found[:limit]
            return MessagePage(items, head, items[-1].seq if more else None)
        items = found[-limit:]
        return MessagePage(items, head, items[0].seq if more else None)

    async def log(
        self, user_id: UserId, conversation_id: ConversationId, *, after: int = 0, limit: int = 50
    ) -> LogPage:
        """The entries after a seq, all types of them, with their present content.

        Raises:
            NotFound: The conversation is not there for this person.
        """
        _check_limit(limit)
        state = await self._journal.state(conversation_id)
        require_member(state, user_id)
        records = await self._log.read(conversation_id, max(after, 0), limit)
        entries = [record.entry for record in records]
        # The state may be older or newer than the reading; what was read is in the log.
        head = max(state.head, entries[-1].seq if entries else 0)
        return LogPage(entries, head, bool(entries) and entries[-1].seq < head)

    def _digest(self, draft: Draft) -> bytes:
        command: tuple[Any, ...] = ("message.send", draft.body, draft.reply_to, draft.data)
        return self._journal.digest(*command)


def _check_limit(limit: int) -> None:
    if not 1 <= limit <= PAGE:
        raise Invalid("A page holds 1 to 200 items.", limit=limit)
