"""Who knows whom, as their conversations tell."""

from abc import ABC, abstractmethod
from collections.abc import Collection

from parley.model.ids import UserId


class Acquaintances(ABC):
    """Reads only: both follow the log. A direct conversation counts once both people have written in it.

    Otherwise a stranger would only have to open one. A message that was deleted was written all the same.
    """

    @abstractmethod
    async def partners(self, user_id: UserId) -> set[UserId]:
        """The others in this person's direct conversations in which both have written."""

    @abstractmethod
    async def sharing(self, user_id: UserId, others: Collection[UserId]) -> set[UserId]:
        """Those of these people who share a conversation with this person: a group, a room, or as `partners`.

        The cost grows with `others` and this person's conversations, not with the members of those.
        """
