"""Where contacts are kept."""

from abc import ABC, abstractmethod
from collections.abc import Collection

from parley.model.contacts import Contact, ContactStatus, Pair
from parley.model.ids import UserId


class ContactStore(ABC):
    """What any two people have of each other is one record, and changes in one step. Raises `Unavailable`."""

    @abstractmethod
    async def pair(self, user_id: UserId, other_id: UserId) -> Pair:
        """What these two have of each other, seen by `user_id`; an empty one where they have nothing."""

    @abstractmethod
    async def replace(self, user_id: UserId, other_id: UserId, before: Pair, after: Pair) -> bool:
        """Keep `after` if what is kept is still `before`, both seen by `user_id`; False where it isn't.

        Durable when this returns.
        """

    @abstractmethod
    async def page(
        self, user_id: UserId, status: ContactStatus, after: str, limit: int
    ) -> list[Contact]:
        """Of this person's list those of one status, in order of the others' ids, from behind the id `after`."""

    @abstractmethod
    async def count(self, user_id: UserId, status: ContactStatus) -> int:
        """How many of this status are on the person's list."""

    @abstractmethod
    async def kept(self, user_id: UserId) -> set[UserId]:
        """Everybody whom this person has on their list, accepted."""

    @abstractmethod
    async def keeping(self, user_id: UserId, others: Collection[UserId]) -> set[UserId]:
        """Those of these people who have this person on their list, accepted."""
