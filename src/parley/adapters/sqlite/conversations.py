"""Lists of conversations, kept in SQLite."""

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from parley.adapters.sqlite import inside, rows
from parley.adapters.sqlite.database import Database
from parley.model.ids import ConversationId, UserId
from parley.ports.conversations import Conversations, Listed, Membership, Touched

_MEMBERSHIPS: Final = """
    SELECT conversations.id,
        (SELECT max(seq) FROM entries WHERE conversation = conversations.key), joined_seq
    FROM members JOIN conversations ON conversations.key = members.conversation
    WHERE person = (SELECT key FROM people WHERE id = ?)
"""
_FULL: Final = """
    SELECT id FROM people WHERE id IN (SELECT value FROM json_each(?))
    AND (SELECT count(*) FROM members WHERE person = people.key) >= ?
"""
_TOUCHED: Final = """
    SELECT conversations.id,
        EXISTS (SELECT 1 FROM entries WHERE conversation = conversations.key AND actor = people.key)
        OR EXISTS (SELECT 1 FROM members WHERE conversation = conversations.key AND person = people.key)
    FROM people JOIN conversations ON conversations.id > ?
    WHERE people.id = ? ORDER BY conversations.id LIMIT ?
"""
_LAST_MESSAGE: Final = (
    f"SELECT {rows.COLUMNS} {rows.FROM} WHERE position = ? AND type = {rows.MESSAGE}"
)
_HEAD: Final = "SELECT max(seq) FROM entries WHERE conversation = ?"


class SqliteConversations(Conversations):
    def __init__(self, database: Database) -> None:
        self._database = database

    async def memberships(self, user_id: UserId) -> Mapping[ConversationId, Membership]:
        def reading(connection: sqlite3.Connection) -> dict[ConversationId, Membership]:
            found = connection.execute(_MEMBERSHIPS, (user_id,))
            return {conversation_id: Membership(*where) for conversation_id, *where in found}

        return await self._database.read(reading)

    async def full(self, user_ids: Sequence[UserId], most: int) -> set[UserId]:
        values = (msgspec.json.encode(user_ids).decode(), most)
        return await self._database.read(
            lambda connection: {found for (found,) in connection.execute(_FULL, values)}
        )

    async def listed(
        self, user_id: UserId, *, kind: str | None, before: int | None, limit: int
    ) -> Sequence[Listed]:
        unwritten = self._database.unwritten_activity()

        def reading(connection: sqlite3.Connection) -> list[Listed]:
            found = [
                mine
                for mine in inside.conversations(connection, unwritten, user_id)
                if (kind is None or mine.kind == kind)
                and (before is None or mine.activity < before)
            ]
            return [_listed(connection, mine) for mine in found[:limit]]

        return await self._database.read(reading)

    async def touched(self, user_id: UserId, after: str, limit: int) -> Touched:
        def reading(connection: sqlite3.Connection) -> Touched:
            page = connection.execute(_TOUCHED, (after, user_id, limit)).fetchall()
            found = [
                ConversationId(conversation_id) for conversation_id, touched in page if touched
            ]
            return Touched(found, ConversationId(page[-1][0]) if len(page) == limit else None)

        return await self._database.read(reading)


def _listed(connection: sqlite3.Connection, mine: inside.Inside) -> Listed:
    # Activity is the position of the latest message, or of the creation where there is none.
    row = connection.execute(_LAST_MESSAGE, (mine.activity,)).fetchone()
    last = None if row is None else rows.message(mine.conversation_id, row)
    (head,) = connection.execute(_HEAD, (mine.key,)).fetchone()
    return Listed(mine.conversation_id, head, last, mine.activity)
