"""How many conversations a person may be in: asked before whatever would bring somebody into one more."""

from collections.abc import Sequence

from parley.model.errors import Conflict
from parley.model.ids import UserId
from parley.ports.conversations import Conversations


class Full:
    """Who had no room for one more conversation when that was asked; a judge refuses by it what would bring them in.

    Several at once may each find the last place free: the bound is on growth, nothing rests on the exact number.
    """

    def __init__(self, user_ids: set[UserId], most: int) -> None:
        self._user_ids = user_ids
        self._most = most

    def require_none(self) -> None:
        """Pass where there is room for everybody.

        Raises:
            Conflict: There isn't; `details["user_ids"]` says for whom.
        """
        if self._user_ids:
            raise Conflict(
                "Somebody is in as many conversations as one may be.",
                user_ids=sorted(self._user_ids),
                most=self._most,
            )


class Capacity:
    def __init__(self, *, views: Conversations, most: int = 10_000) -> None:
        self._views = views
        self._most = most

    async def of(self, user_ids: Sequence[UserId]) -> Full:
        """Who of these people is full."""
        return Full(await self._views.full(user_ids, self._most), self._most)
