"""Blocks, kept in SQLite."""

import sqlite3
from collections.abc import Collection
from typing import Final

import msgspec

from parley.adapters.sqlite.database import Database
from parley.model.blocks import Block
from parley.model.ids import UserId
from parley.ports.blocks import BlockStore

_PUT: Final = """
    INSERT INTO blocks (user_id, blocked_id, since) VALUES (?, ?, ?)
    ON CONFLICT DO UPDATE SET since = since RETURNING since
"""
_REMOVE: Final = "DELETE FROM blocks WHERE user_id = ? AND blocked_id = ?"
_PAGE: Final = """
    SELECT blocked_id, since FROM blocks WHERE user_id = ? AND blocked_id > ?
    ORDER BY blocked_id LIMIT ?
"""
_OF: Final = "SELECT blocked_id FROM blocks WHERE user_id = ?"
_BLOCKING: Final = """
    SELECT user_id FROM blocks
    WHERE user_id IN (SELECT value FROM json_each(?)) AND blocked_id = ?
"""


class SqliteBlocks(BlockStore):
    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, user_id: UserId, block: Block) -> Block:
        def change(connection: sqlite3.Connection) -> Block:
            values = (user_id, block.user_id, block.since)
            ((since,),) = connection.execute(_PUT, values).fetchall()
            return Block(user_id=block.user_id, since=since)

        return await self._database.write(change)

    async def remove(self, user_id: UserId, blocked_id: UserId) -> bool:
        def change(connection: sqlite3.Connection) -> bool:
            return connection.execute(_REMOVE, (user_id, blocked_id)).rowcount == 1

        return await self._database.write(change)

    async def page(self, user_id: UserId, after: str, limit: int) -> list[Block]:
        return await self._database.read(
            lambda connection: [
                Block(user_id=blocked_id, since=since)
                for blocked_id, since in connection.execute(_PAGE, (user_id, after, limit))
            ]
        )

    async def of(self, user_id: UserId) -> set[UserId]:
        return await self._people(_OF, user_id)

    async def blocking(self, user_id: UserId, others: Collection[UserId]) -> set[UserId]:
        return await self._people(_BLOCKING, msgspec.json.encode(list(others)).decode(), user_id)

    async def _people(self, query: str, *values: str) -> set[UserId]:
        return await self._database.read(
            lambda connection: {found for (found,) in connection.execute(query, values)}
        )
