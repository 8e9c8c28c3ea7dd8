"""Giving a connection that was lost what it missed, for clients that know one offset and no cursors."""

from collections.abc import Sequence
from itertools import islice

from msgspec import Struct

from parley.model.errors import Unavailable
from parley.model.ids import UserId
from parley.model.marks import Standing
from parley.ports.conversations import Conversations
from parley.ports.marks import MarkStore
from parley.ports.recovery import Bounds, Placed, Replays

MOST_MARKS = 1_000


class Missed(Struct, frozen=True):
    """All entries that were missed, in the order of delivery; and how this person stands in their conversations now."""

    entries: Sequence[Placed]
    marks: list[Standing]


class Recovery:
    """All that was missed or nothing: who gets nothing catches up by cursors."""

    def __init__(
        self, *, replays: Replays, views: Conversations, marks: MarkStore, bounds: Bounds
    ) -> None:
        self._replays = replays
        self._views = views
        self._marks = marks
        self._bounds = bounds

    async def missed(self, user_id: UserId, after: int, until: int) -> Missed | None:
        """What this person missed at the positions after one up to another; None where that can't be had in full."""
        try:
            entries = await self._replays.missed(user_id, after, until, self._bounds)
            return None if entries is None else Missed(entries, await self._standings(user_id))
        except Unavailable:
            return None

    async def _standings(self, user_id: UserId) -> list[Standing]:
        mine = await self._views.memberships(user_id)
        return list((await self._marks.standings(user_id, list(islice(mine, MOST_MARKS)))).values())
