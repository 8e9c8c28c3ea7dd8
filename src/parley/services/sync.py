"""Catching up after being away, for any client, by the cursors it kept."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from parley.journal.journal import Journal
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
MOST_CURSORS = 10_000
MOST_MARKS = 1_000


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
        self, *, journal: Journal, log: Log, marks: MarkStore, preferences: PreferenceStore
    ) -> None:
        self._journal = journal
        self._log = log
        self._marks = marks
        self._preferences = preferences

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
            Invalid: A cursor below 0, more than 10,000 of them, or a limit below 1.
        """
        if limit < 1 or len(cursors) > MOST_CURSORS or min(cursors.values(), default=0) < 0:
            raise Invalid("Cursors count from 0, at most 10,000 of them; the limit from 1.")
        current = self._journal.epoch
        known = {} if epoch not in (None, current) else cursors
        found = await self._log.catch_up(user_id, cursors, min(limit, MOST_ENTRIES), MOST_BYTES)
        kept = await self._kept(user_id, cursors, found)
        answer: list[Missed] = []
        more = False
        gained = 0
        for caught in found.conversations:
            cursor = cursors.get(caught.conversation_id)
            if cursor is None:
                gained += 1
                if gained > MOST_GAINED:
                    more = True
                    continue
                answer.append(await self._gained(user_id, caught, kept.get(caught.conversation_id)))
            elif caught.conversation_id not in known or cursor > caught.head:
                answer.append(_reset(caught))
            elif cursor < caught.head:
                missed = _missed(caught, cursor)
                more = more or missed.more
                answer.append(missed)
        lost = [Lost(conversation_id, seq) for conversation_id, seq in found.lost.items()]
        marks = [] if more else await self._standings(user_id, found.conversations[:MOST_MARKS])
        return SyncAnswer(current, more, answer, lost, marks)

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

    async def _gained(
        self, user_id: UserId, caught: CaughtUp, preference: Preference | None
    ) -> Missed:
        """The summary is as new as the head or newer; who has left since is told so by an entry."""
        state = await self._journal.state(caught.conversation_id)
        return Missed(
            conversation_id=caught.conversation_id,
            head=caught.head,
            entries=[],
            more=False,
            gained=summary(state, user_id, preference) if user_id in state.members else None,
        )


def _reset(caught: CaughtUp) -> Missed:
    return Missed(
        conversation_id=caught.conversation_id,
        head=caught.head,
        entries=[],
        more=False,
        reset=True,
    )


def _missed(caught: CaughtUp, cursor: int) -> Missed:
    entries = list(caught.entries)
    last = entries[-1].seq if entries else cursor
    return Missed(
        conversation_id=caught.conversation_id,
        head=caught.head,
        entries=entries,
        more=last < caught.head,
    )
