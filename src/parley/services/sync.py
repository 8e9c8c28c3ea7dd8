"""Catching up after being away, for any client, by the cursors it kept."""

from collections.abc import Mapping, Sequence

import msgspec
from msgspec import Struct

from parley.journal.journal import Journal
from parley.journal.rollbacks import Rollbacks
from parley.model.conversations import Summary, summary
from parley.model.entries import Entry
from parley.model.errors import Invalid
from parley.model.ids import ConversationId, UserId
from parley.model.marks import Standing
from parley.model.preferences import Preference
from parley.ports.log import CatchUp, CaughtUp, Log
from parley.ports.marks import MarkStore
from parley.ports.preferences import PreferenceStore

MOST_ENTRIES = 500
MOST_BYTES = 512_000
MOST_GAINED = 200
MOST_CURSORS = 22_000
"""More than anybody may be in, so that those that were left meanwhile fit too; still less than 1 MB of them."""
MOST_MARKS = 1_000

_BEYOND_ALL = 1 << 62
_FRAME_BYTES = 200
"""Of an answer, around its lists."""


class Missed(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was missed of a conversation.

    `gained`: the client did not name it; it begins at `head`. `reset`: what the client has is of another store, or
    beyond the head; it fetches the conversation afresh.
    """

    conversation_id: ConversationId
    head: int
    entries: list[Entry]
    more: bool
    gained: Summary | None = None
    reset: bool = False


class Lost(Struct, frozen=True):
    """A conversation that is no longer this person's; `seq` is their own last `member.left`, 0 where there is none."""

    conversation_id: ConversationId
    seq: int


class SyncAnswer(Struct, frozen=True):
    """Everything missed, up to the limits; with `more` the client asks again from its new cursors.

    An answer takes up to 512,000 bytes of JSON; a single entry that is larger is alone in its answer. Where `epoch` is
    not the one that the client named, it drops every cursor that it had: it goes on from the heads of this answer.
    `marks` comes with the last answer, the one without `more`: how this person stands, in up to 1,000 conversations of
    the latest activity.
    """

    epoch: str
    more: bool
    conversations: list[Missed]
    lost: list[Lost]
    marks: list[Standing]


class Sync:
    """The one way to catch up: reading logs forwards from the last number seen."""

    def __init__(
        self,
        *,
        journal: Journal,
        log: Log,
        marks: MarkStore,
        preferences: PreferenceStore,
        rollbacks: Rollbacks,
    ) -> None:
        self._journal = journal
        self._log = log
        self._marks = marks
        self._preferences = preferences
        self._rollbacks = rollbacks

    async def catch_up(
        self,
        user_id: UserId,
        cursors: Mapping[ConversationId, int],
        *,
        epoch: str | None = None,
        limit: int = MOST_ENTRIES,
    ) -> SyncAnswer:
        """What this person missed since these cursors, edits, deletions and membership included.

        Args:
            user_id: Who, as an authenticated session says.
            cursors: The last seq that the client has of each conversation that it keeps.
            epoch: The store's epoch as the client knows it; with another one every conversation is reset.
            limit: How many entries at most; never more than 500.

        Raises:
            Invalid: A cursor below 0, more than 22,000 of them, or a limit below 1.
        """
        if limit < 1 or len(cursors) > MOST_CURSORS or min(cursors.values(), default=0) < 0:
            raise Invalid("Cursors count from 0, at most 22,000 of them; the limit from 1.")
        current = self._journal.epoch
        known = epoch in (None, current)
        asked = cursors if known else dict.fromkeys(cursors, _BEYOND_ALL)
        found = await self._log.catch_up(user_id, asked, min(limit, MOST_ENTRIES), MOST_BYTES)
        kept = await self._kept(user_id, cursors, found)
        page = _Page(MOST_BYTES - _FRAME_BYTES)
        for caught in found.conversations:
            cursor = asked.get(caught.conversation_id)
            if cursor is None:
                await self._gain(page, user_id, caught, kept.get(caught.conversation_id))
            elif cursor > caught.head:
                page.add(self._reset(user_id, caught, cursor, told=epoch == current))
            elif cursor < caught.head:
                page.add_missed(caught, cursor)
        for conversation_id, seq in found.lost.items():
            page.lose(Lost(conversation_id, seq))
        if not page.more:
            page.mark(await self._standings(user_id, found.conversations[:MOST_MARKS]))
        return SyncAnswer(current, page.more, page.conversations, page.lost, page.marks)

    def _reset(self, user_id: UserId, caught: CaughtUp, cursor: int, *, told: bool) -> Missed:
        """A log gets no shorter, and a reading misses nothing that was there: this store never `told` of that entry."""
        if told:
            self._rollbacks.cursor(user_id, caught.conversation_id, cursor, caught.head)
        return _stub(caught, reset=True)

    async def _standings(self, user_id: UserId, caught: Sequence[CaughtUp]) -> list[Standing]:
        mine = [one.conversation_id for one in caught]
        return list((await self._marks.standings(user_id, mine)).values())

    async def _kept(
        self, user_id: UserId, cursors: Mapping[ConversationId, int], found: CatchUp
    ) -> Mapping[ConversationId, Preference]:
        """How this person keeps what they gained."""
        ids = [caught.conversation_id for caught in found.conversations]
        gained = [one for one in ids if one not in cursors][:MOST_GAINED]
        return await self._preferences.of(user_id, gained) if gained else {}

    async def _gain(
        self, page: "_Page", user_id: UserId, caught: CaughtUp, preference: Preference | None
    ) -> None:
        """Begins no later than its summary, which may be newer; who has left since is told so by an entry.

        The store has an entry before the journal hears that it is in.
        """
        if page.gained == MOST_GAINED or page.full:
            page.more = True
            return
        state = await self._journal.state(caught.conversation_id)
        gained = summary(state, user_id, preference) if user_id in state.members else None
        begins = msgspec.structs.replace(caught, head=min(caught.head, state.head))
        page.gained += page.add(_stub(begins, gained=gained))


class _Page:
    """One answer in the making: what fits, and whether there is more."""

    def __init__(self, size: int) -> None:
        self.conversations: list[Missed] = []
        self.lost: list[Lost] = []
        self.marks: list[Standing] = []
        self.gained = 0
        self.more = False
        self._room = size

    @property
    def full(self) -> bool:
        """Whether nothing more goes in."""
        return self._room <= 0

    def add(self, missed: Missed) -> bool:
        """Whether it went in: then, or else there is more. The first one always goes in."""
        if not self._take(missed, first=not self.conversations):
            return False
        self.conversations.append(missed)
        return True

    def add_missed(self, caught: CaughtUp, cursor: int) -> None:
        """Its entries as far as there is room, from the cursor on without a gap; without any it is left out."""
        taken: list[Entry] = []
        alone = not self.conversations
        if caught.entries and self._take(_stub(caught), first=alone):
            for entry in caught.entries:
                if not self._take(entry, first=alone and not taken):
                    break
                taken.append(entry)
        rest = (taken[-1].seq if taken else cursor) < caught.head
        self.more = self.more or rest
        if taken:
            stub = _stub(caught)
            self.conversations.append(msgspec.structs.replace(stub, entries=taken, more=rest))

    def lose(self, lost: Lost) -> None:
        if self._take(lost, first=not self.lost and not self.conversations):
            self.lost.append(lost)

    def mark(self, marks: list[Standing]) -> None:
        """All of them, or there is more: then they come with an answer that has the room."""
        if self._take(marks, first=not self.conversations and not self.lost):
            self.marks = marks

    def _take(self, part: object, *, first: bool) -> bool:
        if self.full and not first:
            self.more = True
            return False
        size = len(msgspec.json.encode(part)) + 1
        if size > self._room and not first:
            self._room, self.more = 0, True
            return False
        self._room -= size
        return True


def _stub(caught: CaughtUp, *, gained: Summary | None = None, reset: bool = False) -> Missed:
    return Missed(
        conversation_id=caught.conversation_id,
        head=caught.head,
        entries=[],
        more=False,
        gained=gained,
        reset=reset,
    )
