"""Giving a connection that was lost what it missed, for clients that know one offset and no cursors."""

from collections.abc import Mapping, Sequence
from itertools import islice

from msgspec import Struct

from parley.model.errors import Unavailable
from parley.model.ids import ConversationId, UserId
from parley.model.marks import Standing
from parley.ports.conversations import Conversations, Membership
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

    async def missed(
        self, user_id: UserId, after: int, until: int, inside: Mapping[ConversationId, int]
    ) -> Missed | None:
        """What this person missed at the positions after one up to another; None where that can't be had in full.

        `inside`: their conversations as they were at `until`, each with the seq of their joining. The store may be
        ahead of that. Of a conversation that they have left since, it has nothing for them any more, while its next
        entries up to their leaving are still to be delivered: behind a gap.
        """
        try:
            entries = await self._replays.missed(user_id, after, until, self._bounds)
            if entries is None:
                return None
            mine = await self._views.memberships(user_id)
            if any(_left(mine.get(one), joined_seq) for one, joined_seq in inside.items()):
                return None
            return Missed(entries, await self._standings(user_id, mine))
        except Unavailable:
            return None

    async def _standings(
        self, user_id: UserId, mine: Mapping[ConversationId, Membership]
    ) -> list[Standing]:
        return list((await self._marks.standings(user_id, list(islice(mine, MOST_MARKS)))).values())


def _left(membership: Membership | None, joined_seq: int) -> bool:
    """Whether somebody is not inside any more, or again."""
    return membership is None or membership.joined_seq != joined_seq
