"""Where blocks are kept."""

from abc import ABC, abstractmethod
from collections.abc import Collection

from parley.model.blocks import Block
from parley.model.ids import UserId


class BlockStore(ABC):
    """One record a blocking and a blocked person. Changes are durable when they return. Raises `Unavailable`."""

    @abstractmethod
    async def put(self, user_id: UserId, block: Block) -> Block:
        """Keep a block of this person's; the one that stands then: the first, where they had blocked that one."""

    @abstractmethod
    async def remove(self, user_id: UserId, blocked_id: UserId) -> bool:
        """Take a block away; False where there was none."""

    @abstractmethod
    async def page(self, user_id: UserId, after: str, limit: int) -> list[Block]:
        """This person's blocks in order of the blocked ones' ids, from behind the id `after`."""

    @abstractmethod
    async def of(self, user_id: UserId) -> set[UserId]:
        """Everybody whom this person has blocked."""

    @abstractmethod
    async def blocking(self, user_id: UserId, others: Collection[UserId]) -> set[UserId]:
        """Those of these people who have blocked this person."""
