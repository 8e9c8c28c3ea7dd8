"""Blocks in memory."""

from collections.abc import Collection

from parley.model.blocks import Block
from parley.model.ids import UserId
from parley.ports.blocks import BlockStore


class MemoryBlocks(BlockStore):
    """`readings` counts how often it was asked: the tests of what is asked on the hot path rest on it."""

    def __init__(self) -> None:
        self._blocks: dict[UserId, dict[UserId, Block]] = {}
        self.readings = 0

    def drop(self, user_id: UserId) -> None:
        """Forget everything about this person."""
        self._blocks.pop(user_id, None)
        for others in self._blocks.values():
            others.pop(user_id, None)

    async def put(self, user_id: UserId, block: Block) -> Block:
        return self._blocks.setdefault(user_id, {}).setdefault(block.user_id, block)

    async def remove(self, user_id: UserId, blocked_id: UserId) -> bool:
        return self._blocks.get(user_id, {}).pop(blocked_id, None) is not None

    async def page(self, user_id: UserId, after: str, limit: int) -> list[Block]:
        mine = sorted(self._blocks.get(user_id, {}).items())
        return [block for blocked_id, block in mine if blocked_id > after][:limit]

    async def of(self, user_id: UserId) -> set[UserId]:
        self.readings += 1
        return set(self._blocks.get(user_id, ()))

    async def blocking(self, user_id: UserId, others: Collection[UserId]) -> set[UserId]:
        self.readings += 1
        return {other for other in others if user_id in self._blocks.get(other, ())}
