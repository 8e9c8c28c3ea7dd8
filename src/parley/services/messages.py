"""Messages: sending, and reading a conversation's history and log."""

import re
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct

from parley.journal.blocking import Blocking, Relation
from parley.journal.capacity import Capacity
from parley.journal.commands import Committed, Unchanged
from parley.journal.journal import Journal
from parley.model.accounts import folded
from parley.model.conversations import State
from parley.model.entries import Entry, Json, MessageNew
from parley.model.errors import Blocked, Invalid, NotFound, Unavailable
from parley.model.ids import ConversationId, UserId, direct_id
from parley.model.messages import UNTOUCHED, Version, as_shown, check_body, versions
from parley.model.permissions import (
    among_members,
    delete_message,
    edit_message,
    open_direct,
    require_member,
    require_writer,
)
from parley.model.rates import Rate, unlimited
from parley.model.texts import check_data
from parley.ports.accounts import AccountStore
from parley.ports.answers import Answer
from parley.ports.background import Spawn
from parley.ports.log import Log

PAGE = 200
MOST_MENTIONS = 50
_MENTION = re.compile(r"(?<![\w.@-])@([\w.-]{3,32})")
PAGE_BYTES = 512_000
"""Of an answer, about: a socket that has to wait for more than its outbox holds is cut, and would ask again."""


class MessagePage(Struct, frozen=True, omit_defaults=True):
    """Messages ascending, in their present state. `head` was read with them: the cursor to go on from.

    `next` is the seq to name as `before`, or as `after` where one was named; absent at the end. Around a seq, it leads
    to what is older, and `newer` is the seq to name as `after`.
    """

    items: list[MessageNew]
    head: int
    next: int | None = None
    newer: int | None = None


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
    """What people say. Nobody but members reads or writes, judged anew at every call.

    `sending` bounds how many messages a conversation takes.
    """

    def __init__(
        self,
        *,
        journal: Journal,
        blocking: Blocking,
        capacity: Capacity,
        log: Log,
        accounts: AccountStore,
        spawn: Spawn,
        sending: Rate = unlimited,
    ) -> None:
        self._journal = journal
        self._capacity = capacity
        self._sending = sending
        self._blocking = blocking
        self._spawn = spawn
        self._log = log
        self._accounts = accounts

    def send(
        self, user_id: UserId, conversation_id: ConversationId, draft: Draft
    ) -> Answer[Committed]:
        """Say something in a conversation; answered once it is durable.

        Raises:
            Invalid: The text or the data is not acceptable (at once, not in the answer).
            TooLarge: They are larger than allowed (likewise).
            RateLimited: More is said in this conversation than may be (likewise).
            NotFound: The conversation, or the message replied to, is not there for this person.
            Forbidden: This person may only read.
            Blocked: It is a direct conversation, and one of the two has blocked the other.
            ClientIdReused: The client_id was used for something else.
            Unavailable: It is open whether the message is in; retry with the same client_id.
        """
        check_body(draft.body)
        if draft.data is not None:
            check_data(draft.data)
        self._sending(conversation_id)
        names = mentioned_names(draft.body)
        if not names:
            return self._send(user_id, conversation_id, draft, ())
        answer: Answer[Committed] = Answer()
        self._spawn(self._send_mentioning(user_id, conversation_id, draft, names, answer))
        return answer

    async def _send_mentioning(
        self,
        user_id: UserId,
        conversation_id: ConversationId,
        draft: Draft,
        names: Sequence[str],
        answer: Answer[Committed],
    ) -> None:
        try:
            mentions = await self._people(names)
        except Unavailable as error:
            answer.fail(error)
        else:
            self._send(user_id, conversation_id, draft, mentions).pass_on(answer)

    def _send(
        self,
        user_id: UserId,
        conversation_id: ConversationId,
        draft: Draft,
        mentions: tuple[UserId, ...],
    ) -> Answer[Committed]:
        """At once where the conversation and its people's blocks are in memory; else in the order of asking.

        By callbacks, not by a task: what one sends next must not overtake this.
        """
        loaded = self._journal.state(conversation_id)
        if loaded.done and (relation := self._at_hand(loaded, user_id)) is not None:
            return self._commit(user_id, conversation_id, draft, mentions, relation)
        answer: Answer[Committed] = Answer()

        def judged_by(found: Answer[Relation]) -> None:
            try:
                relation = found.result()
            except Unavailable as error:
                answer.fail(error)
            else:
                self._commit(user_id, conversation_id, draft, mentions, relation).pass_on(answer)

        def with_state(found: Answer[State]) -> None:
            try:
                state = found.result()
            except Unavailable as error:
                answer.fail(error)
            else:
                self._blocking.relation(state, user_id).then(judged_by)

        loaded.then(with_state)
        return answer

    def _at_hand(self, loaded: Answer[State], user_id: UserId) -> Relation | None:
        try:
            return self._blocking.at_hand(loaded.result(), user_id)
        except Unavailable:
            return None

    def _commit(
        self,
        user_id: UserId,
        conversation_id: ConversationId,
        draft: Draft,
        mentions: tuple[UserId, ...],
        relation: Relation,
    ) -> Answer[Committed]:
        def judge(state: State) -> Entry:
            require_writer(state, user_id)
            relation.require_open(state)
            if draft.reply_to is not None and state.message(draft.reply_to) is None:
                raise NotFound("The message replied to is not here.", reply_to=draft.reply_to)
            return MessageNew(
                actor_id=user_id,
                body=draft.body,
                reply_to=draft.reply_to,
                mentions=among_members(state, mentions),
                data=draft.data,
            )

        return self._journal.commit(
            conversation_id,
            user_id,
            judge,
            client_id=draft.client_id,
            digest=self._digest(draft) if draft.client_id is not None else None,
        )

    async def edit(
        self,
        user_id: UserId,
        conversation_id: ConversationId,
        seq: int,
        body: str,
        *,
        client_id: str | None = None,
    ) -> Committed:
        """Give one's own message another body; the one it had is kept with its history.

        Raises:
            Invalid: The text is not acceptable.
            TooLarge: It is larger than allowed.
            NotFound: The message is not there for this person, or was deleted.
            Forbidden: It is someone else's.
            Blocked: It is a direct conversation, and one of the two has blocked the other.
        """
        check_body(body)
        mentions = await self._people(mentioned_names(body))
        state = await self._journal.state(conversation_id)
        relation = await self._blocking.relation(state, user_id)

        def judge(state: State) -> Entry:
            entry = edit_message(state, user_id, seq, body, mentions)
            relation.require_open(state)
            return entry

        return await self._journal.commit(
            conversation_id,
            user_id,
            judge,
            client_id=client_id,
            digest=self._journal.digest("message.edit", seq, body) if client_id else None,
        )

    async def delete(
        self,
        user_id: UserId,
        conversation_id: ConversationId,
        seq: int,
        *,
        client_id: str | None = None,
    ) -> Committed:
        """Delete a message for everyone: its text, and every text that it had, are gone for good.

        Raises:
            NotFound: The message is not there for this person.
            Forbidden: It is someone else's, and this person is no admin.
        """
        return await self._journal.commit(
            conversation_id,
            user_id,
            lambda state: delete_message(state, user_id, seq) or Unchanged(),
            client_id=client_id,
            digest=self._journal.digest("message.delete", seq) if client_id else None,
        )

    async def edits(
        self, user_id: UserId, conversation_id: ConversationId, seq: int
    ) -> list[Version]:
        """The body that a message was sent with, and those of its last 200 edits; none of a deleted one.

        Raises:
            NotFound: The message is not there for this person.
        """
        message = await self.get(user_id, conversation_id, seq)
        original = await self._log.original(conversation_id, seq)
        edits = await self._log.edits(conversation_id, seq, PAGE) if message.edited_at else []
        return versions(original, message.at, edits) if original is not None else []

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
            if (await self._blocking.between(user_id, other_id)).blocked:
                raise Blocked
            (await self._capacity.of([user_id, other_id])).require_none()
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
        await self._state_for(user_id, conversation_id)
        if seq >= 1:
            for record in await self._log.read(conversation_id, seq - 1, 1):
                if isinstance(record.entry, MessageNew):
                    (shown,) = await self._shown(conversation_id, [record.entry])
                    await self._state_for(user_id, conversation_id)
                    return shown
        raise NotFound("There is no such message.", message_seq=seq)

    async def page(
        self,
        user_id: UserId,
        conversation_id: ConversationId,
        *,
        before: int | None = None,
        after: int | None = None,
        around: int | None = None,
        limit: int = 50,
    ) -> MessagePage:
        """A page of history: the newest messages, or those next before, after or around a seq; of long ones fewer.

        Raises:
            Invalid: Two of `before`, `after` and `around`, or a limit that is none.
            NotFound: The conversation is not there for this person.
        """
        if sum(one is not None for one in (before, after, around)) > 1:
            raise Invalid("Name one of before, after and around.")
        _check_limit(limit)
        await self._state_for(user_id, conversation_id)
        if around is not None:
            return await self._around(user_id, conversation_id, around, limit)
        head, found = await self._log.messages(
            conversation_id, before=before, after=after, limit=limit + 1
        )
        if after is None:
            found.reverse()
        chosen = found[: _fitting(found[:limit])]
        following = chosen[-1].seq if len(chosen) < len(found) else None
        if after is None:
            chosen.reverse()
        items = await self._shown(conversation_id, chosen)
        await self._state_for(user_id, conversation_id)
        return MessagePage(items, head, following)

    async def _around(
        self, user_id: UserId, conversation_id: ConversationId, seq: int, limit: int
    ) -> MessagePage:
        """Up to a message, half of what is asked for; what came after it, the rest."""
        share = (limit + 1) // 2
        head, older = await self._log.messages(
            conversation_id, before=seq + 1, after=None, limit=share + 1
        )
        older.reverse()
        before = older[: _fitting(older[:share], PAGE_BYTES // 2)]
        _, newer = await self._log.messages(
            conversation_id, before=None, after=seq, limit=limit - share + 1
        )
        after = newer[: _fitting(newer[: limit - share], PAGE_BYTES // 2)]
        items = await self._shown(conversation_id, [*reversed(before), *after])
        await self._state_for(user_id, conversation_id)
        return MessagePage(
            items,
            head,
            before[-1].seq if len(before) < len(older) else None,
            (after[-1].seq if after else seq) if len(after) < len(newer) else None,
        )

    async def _shown(
        self, conversation_id: ConversationId, messages: Sequence[MessageNew]
    ) -> list[MessageNew]:
        """The messages with what is aimed at them, which may be newer than they: then `changed_seq` says so."""
        seqs = [message.seq for message in messages]
        _, found = await self._log.aftermaths(conversation_id, seqs)
        return [as_shown(message, found.get(message.seq, UNTOUCHED)) for message in messages]

    async def log(
        self, user_id: UserId, conversation_id: ConversationId, *, after: int = 0, limit: int = 50
    ) -> LogPage:
        """The entries after a seq, all types of them, with their present content.

        Raises:
            NotFound: The conversation is not there for this person.
        """
        _check_limit(limit)
        await self._state_for(user_id, conversation_id)
        records = await self._log.read(conversation_id, max(after, 0), limit)
        state = await self._state_for(user_id, conversation_id)
        entries = [record.entry for record in records]
        entries = entries[: _fitting(entries)]
        # The state may be older or newer than the reading; what was read is in the log.
        head = max(state.head, entries[-1].seq if entries else 0)
        return LogPage(entries, head, bool(entries) and entries[-1].seq < head)

    async def _people(self, names: Sequence[str]) -> tuple[UserId, ...]:
        """Who has these usernames, in the order of the names."""
        if not names:
            return ()
        found = await self._accounts.named(names)
        people = (found.get(folded(name)) for name in names)
        return tuple(dict.fromkeys(user_id for user_id in people if user_id is not None))

    async def _state_for(self, user_id: UserId, conversation_id: ConversationId) -> State:
        """The state, for a member; asked for again behind a reading: who left meanwhile must not see what followed."""
        state = await self._journal.state(conversation_id)
        require_member(state, user_id)
        return state

    def _digest(self, draft: Draft) -> bytes:
        command: tuple[Any, ...] = ("message.send", draft.body, draft.reply_to, draft.data)
        return self._journal.digest(*command)


def mentioned_names(body: str) -> list[str]:
    """The usernames that a text mentions, as `@name`; at most 50, each once."""
    if "@" not in body:
        return []
    return list(dict.fromkeys(match[1].rstrip(".") for match in _MENTION.finditer(body)))[
        :MOST_MENTIONS
    ]


def _fitting(entries: Sequence[Entry], most_bytes: int = PAGE_BYTES) -> int:
    """How many of these, from the first on, an answer takes: at least one, the last may go over the bytes."""
    size = 0
    for count, entry in enumerate(entries, start=1):
        size += len(msgspec.json.encode(entry))
        if size >= most_bytes:
            return count
    return len(entries)


def _check_limit(limit: int) -> None:
    if not 1 <= limit <= PAGE:
        raise Invalid("A page holds 1 to 200 items.", limit=limit)
