"""Marks: how far people have received and read, and telling those whom it concerns."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from weakref import WeakValueDictionary

from msgspec import Struct
from msgspec.structs import replace

from parley.journal.blocking import Blocking
from parley.journal.journal import Journal
from parley.model.conversations import State, members_behind
from parley.model.entries import MessageNew
from parley.model.errors import Invalid, Unavailable
from parley.model.ids import ConversationId, UserId
from parley.model.marks import (
    START,
    Mark,
    MemberMarks,
    Point,
    Receipt,
    Standing,
    as_others_see,
    read_up_to,
    unread_after,
)
from parley.model.permissions import require_member
from parley.ports.background import Spawn
from parley.ports.bus import Bus, Marked
from parley.ports.log import Log, Record
from parley.ports.marks import MarkStore, Move
from parley.ports.timers import After

PAGE = 200
FLUSH_SECONDS = 1.0
MOST_TOLD = 100
"""In a conversation with more members only one's own devices hear of one's marks: n readers of n marks are n²."""

Key = tuple[ConversationId, UserId]
Batch = dict[ConversationId, dict[UserId, MemberMarks]]


class MarkAnswer(Struct, frozen=True, omit_defaults=True):
    """Where one stands now; empty where no more than `delivered` was named."""

    marks: Standing | None = None


class MarksPage(Struct, frozen=True):
    """Marks of members, longest in first; `next` is the key to go on behind."""

    items: list[MemberMarks]
    next: str | None


class _Turn:
    """One mark of a person in a conversation after another; `wrote` is what of theirs came while one is under way."""

    __slots__ = ("__weakref__", "lock", "wrote")

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.wrote = 0


class Marks:
    """Each person's own, never judged against anybody else's."""

    def __init__(
        self,
        *,
        journal: Journal,
        blocking: Blocking,
        log: Log,
        marks: MarkStore,
        bus: Bus,
        spawn: Spawn,
        after: After,
        most_told: int = MOST_TOLD,
    ) -> None:
        self._journal = journal
        self._blocking = blocking
        self._log = log
        self._marks = marks
        self._bus = bus
        self._spawn = spawn
        self._after = after
        self._most_told = most_told
        self._waiting = False
        self._turns: WeakValueDictionary[Key, _Turn] = WeakValueDictionary()
        self._delivered: dict[Key, int] = {}
        self._received: dict[Key, MemberMarks] = {}
        self._read_on: dict[Key, MemberMarks] = {}
        self._for_members: Batch = {}
        self._for_oneself: Batch = {}
        bus.subscribe(on_record=self._written)

    async def mark(
        self,
        user_id: UserId,
        conversation_id: ConversationId,
        *,
        read: int | None = None,
        delivered: int | None = None,
        unread_from: int | None = None,
    ) -> MarkAnswer:
        """Mark everything up to a seq as read, or as received; or everything from a seq on as unread.

        The first two only move forwards, and reading is receiving. What is read, or unread again, is durable when this
        answers; what is only received is kept within a second or so, and may fall back in a crash.

        Raises:
            Invalid: None of the three, both of `read` and `unread_from`, or a seq that is not in the log.
            NotFound: The conversation is not there for this person.
            NotAMember: It is a room that this person is not in.
        """
        if read is None and delivered is None and unread_from is None:
            raise Invalid("Name one of read, delivered and unread_from.")
        if read is not None and unread_from is not None:
            raise Invalid("Name one of read and unread_from.")
        state = await self._journal.state(conversation_id)
        require_member(state, user_id)
        if delivered is not None:
            await self._receive(state, user_id, delivered)
        if read is not None:
            async with self._turn(conversation_id, user_id) as turn:
                return MarkAnswer(await self._read(state, user_id, read, turn))
        if unread_from is not None:
            async with self._turn(conversation_id, user_id) as turn:
                return MarkAnswer(await self._unread(state, user_id, unread_from, turn))
        return MarkAnswer()

    @contextlib.asynccontextmanager
    async def _turn(self, conversation_id: ConversationId, user_id: UserId) -> AsyncIterator[_Turn]:
        """One mark of a person after another: how they stand is read after each, and the last reading is told."""
        turn = self._turns.get((conversation_id, user_id))
        if turn is None:
            turn = self._turns[conversation_id, user_id] = _Turn()
        async with turn.lock:
            turn.wrote = 0
            yield turn

    async def of_members(
        self, user_id: UserId, conversation_id: ConversationId, *, after: str = "", limit: int = 50
    ) -> MarksPage:
        """How far the members have come, longest in first.

        Raises:
            NotFound: The conversation is not there for this person.
            NotAMember: It is a room that this person is not in.
        """
        if not 1 <= limit <= PAGE:
            raise Invalid("A page holds 1 to 200 items.", limit=limit)
        state = await self._journal.state(conversation_id)
        require_member(state, user_id)
        members, following = members_behind(state, after, limit)
        page = [one for one, _ in members]
        found = await self._marks.of(conversation_id, page)
        items = [as_others_see(one, found.get(one, Mark())) for one in page]
        return MarksPage(items, following)

    async def flush(self) -> None:
        """Keep and tell everything that waits for its second to pass."""
        await self._keep_received()
        for key, told in [*self._received.items(), *self._read_on.items()]:
            try:
                await self._tell_late(key, told)
            except Unavailable:
                self._wait()
        self._tell()

    async def _keep_received(self) -> None:
        delivered, self._delivered = self._delivered, {}
        moves = [
            Move(conversation_id, user_id, Mark(delivered=seq))
            for (conversation_id, user_id), seq in delivered.items()
        ]
        try:
            for move in await self._marks.advance(moves) if moves else ():
                key = move.conversation_id, move.user_id
                self._received[key] = MemberMarks(move.user_id, move.mark.delivered)
        except Unavailable:
            for key, seq in delivered.items():
                self._delivered[key] = max(seq, self._delivered.get(key, 0))
            self._wait()

    async def _tell_late(self, key: Key, told: MemberMarks) -> None:
        """Of a mark that moved in the store before it could be told; it would not move again."""
        conversation_id, user_id = key
        state = await self._journal.state(conversation_id)
        tells = await self._tells_members(state, user_id)
        if told.read is None:
            note(self._for_members if tells else self._for_oneself, state, told)
            self._received.pop(key, None)
            return
        async with self._turn(conversation_id, user_id) as turn:
            standing = await self._standing(user_id, conversation_id, turn)
            if standing is not None:
                seen = max(told.read, standing.read)
                self._tell_read(state, user_id, standing, seen, tells=tells)
            self._read_on.pop(key, None)

    # --- the three marks ----------------------------------------------------------------------------------------

    async def _receive(self, state: State, user_id: UserId, seq: int) -> None:
        await self._require_seq(state, seq)
        key = state.conversation_id, user_id
        self._delivered[key] = max(seq, self._delivered.get(key, 0))
        self._wait()

    async def _read(self, state: State, user_id: UserId, seq: int, turn: _Turn) -> Standing | None:
        conversation_id = state.conversation_id
        move = Move(conversation_id, user_id, read_up_to(await self._point(state, seq)))
        tells = await self._tells_members(state, user_id)
        moved = await self._marks.advance([move])
        try:
            standing = await self._standing(user_id, conversation_id, turn)
        except Unavailable:
            if moved:
                mark = moved[0].mark
                told = MemberMarks(user_id, mark.delivered, mark.seen)
                self._read_on[conversation_id, user_id] = told
                self._wait()
            raise
        if moved and standing is not None:
            seen = max(moved[0].mark.seen, standing.read)
            self._tell_read(state, user_id, standing, seen, tells=tells)
        return standing

    async def _unread(
        self, state: State, user_id: UserId, seq: int, turn: _Turn
    ) -> Standing | None:
        conversation_id = state.conversation_id
        await self._require_seq(state, seq)
        before = await self._point(state, seq - 1) if seq > 1 else START
        mark = unread_after(before, max(state.head, seq))
        turn.wrote = 0  # what they wrote up to here counts no more
        tells = await self._tells_members(state, user_id)
        kept = await self._marks.rewind(Move(conversation_id, user_id, mark))
        # Who marks as unread further on than they had read has thereby read up to there.
        if kept.seen == mark.seen and tells:
            note(self._for_members, state, as_others_see(user_id, kept))
        delivered, read = max(kept.delivered, turn.wrote), max(kept.read, turn.wrote)
        note(self._for_oneself, state, MemberMarks(user_id, delivered, read))
        self._wait()
        return await self._standing(user_id, conversation_id, turn)

    async def _standing(
        self, user_id: UserId, conversation_id: ConversationId, turn: _Turn
    ) -> Standing | None:
        """None of somebody who has left meanwhile. It may have been read before what came of theirs meanwhile."""
        found = await self._marks.standings(user_id, [conversation_id])
        standing = found.get(conversation_id)
        if standing is None or standing.read >= turn.wrote:
            return standing
        delivered = max(standing.delivered, turn.wrote)
        return replace(
            standing,
            head=max(standing.head, turn.wrote),
            delivered=delivered,
            read=turn.wrote,
            unread=0,
            mentions=0,
        )

    async def _require_seq(self, state: State, seq: int) -> None:
        if not 1 <= seq <= state.head:
            await self._point(state, seq)

    async def _point(self, state: State, seq: int) -> Point:
        """How many messages there were up to a seq. One beyond the head may be known to the store before this node."""
        if seq == state.head:
            return Point(seq, state.messages)
        found = await self._log.read(state.conversation_id, seq - 1, 1) if seq >= 1 else []
        if not found:
            raise Invalid("There is no such seq.", seq=seq, head=state.head)
        return Point(seq, found[0].entry.messages)

    # --- telling ------------------------------------------------------------------------------------------------

    def _written(self, record: Record) -> None:
        """What waits to be told of who writes now moves along: it comes behind the message, and would undo it.

        It does so while its second passes, and while the store is asked after that.
        """
        entry = record.entry
        told_later = self._turns or self._for_members or self._for_oneself
        if not told_later or not isinstance(entry, MessageNew):
            return
        turn = self._turns.get((entry.conversation_id, entry.actor_id))
        if turn is not None:
            turn.wrote = entry.seq
        for batch in (self._for_members, self._for_oneself):
            marks = batch.get(entry.conversation_id, {})
            told = marks.get(entry.actor_id)
            if told is not None and told.read is not None:
                marks[entry.actor_id] = MemberMarks(
                    entry.actor_id, max(told.delivered, entry.seq), max(told.read, entry.seq)
                )

    async def _tells_members(self, state: State, user_id: UserId) -> bool:
        """Whether others hear of this person's marks: where they are few, and no block stands between two."""
        if len(state.members) > self._most_told:
            return False
        return not (await self._blocking.relation(state, user_id)).blocked

    def _tell_read(
        self, state: State, user_id: UserId, mine: Standing, seen: int, *, tells: bool
    ) -> None:
        if tells:
            note(self._for_members, state, MemberMarks(user_id, mine.delivered, seen))
        if not tells or mine.read < seen:
            note(self._for_oneself, state, MemberMarks(user_id, mine.delivered, mine.read))
        else:
            self._for_oneself.get(state.conversation_id, {}).pop(user_id, None)
        self._wait()

    def _wait(self) -> None:
        if not self._waiting:
            self._waiting = True
            self._after(FLUSH_SECONDS, self._due)

    def _due(self) -> None:
        self._waiting = False
        self._spawn(self.flush())

    def _tell(self) -> None:
        """Those of the members first: where one's own devices are told something else, that comes last and stays."""
        for to_members, batch in ((True, self._for_members), (False, self._for_oneself)):
            for conversation_id, told in batch.items():
                if told:
                    receipt = Receipt(conversation_id, list(told.values()))
                    self._bus.signal(Marked(receipt, to_members))
            batch.clear()


def note(batch: Batch, state: State, told: MemberMarks) -> None:
    """Add to what is told when the second is over; what is told of reading stays where there is nothing newer."""
    marks = batch.setdefault(state.conversation_id, {})
    before = marks.get(told.user_id)
    if before is not None and told.read is None:
        told = MemberMarks(told.user_id, max(told.delivered, before.delivered), before.read)
    marks[told.user_id] = told
