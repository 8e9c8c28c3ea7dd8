"""The names of rooms and their directory, kept in SQLite."""

import sqlite3
from typing import Any, Final

import msgspec

from parley.adapters.sqlite.database import Database
from parley.adapters.sqlite.views import decode_data
from parley.model.ids import ConversationId
from parley.model.rooms import Room, room_key
from parley.ports.rooms import Claim, RoomStore

_CLAIM: Final = """
    INSERT INTO room_names (name_key, conversation_id, claimed_ms, token)
    VALUES (:name_key, :conversation_id, :claimed_ms, :token)
    ON CONFLICT DO UPDATE SET claimed_ms = :claimed_ms, token = :token
    WHERE conversation_id = :conversation_id
"""
_CLAIMED: Final = """
    SELECT name_key, conversation_id, claimed_ms, token FROM room_names WHERE name_key = ?
"""
_TAKE_OVER: Final = """
    UPDATE room_names SET conversation_id = :conversation_id, claimed_ms = :claimed_ms, token = :token
    WHERE name_key = :name_key AND token = :standing
"""
_RELEASE: Final = "DELETE FROM room_names WHERE name_key = ? AND token = ?"
_PAGE: Final = """
    SELECT id, name, topic, avatar, data, created_at, member_count
    FROM rooms JOIN conversations ON conversations.key = rooms.conversation
    WHERE directory_key > ? AND instr(' ' || name_key, ' ' || ?) > 0
    ORDER BY directory_key LIMIT ?
"""


class SqliteRooms(RoomStore):
    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim(self, claim: Claim) -> Claim:
        def change(connection: sqlite3.Connection) -> Claim:
            connection.execute(_CLAIM, msgspec.structs.asdict(claim))
            return _claimed(connection, claim.name_key) or claim

        return await self._database.write(change)

    async def claimed(self, name_key: str) -> Claim | None:
        return await self._database.read(lambda connection: _claimed(connection, name_key))

    async def take_over(self, standing: Claim, claim: Claim) -> bool:
        values = msgspec.structs.asdict(claim) | {"standing": standing.token}
        return await self._database.write(
            lambda connection: connection.execute(_TAKE_OVER, values).rowcount > 0
        )

    async def release(self, claim: Claim) -> None:
        await self._database.write(
            lambda connection: connection.execute(_RELEASE, (claim.name_key, claim.token)).rowcount
        )

    async def page(self, query: str, after: str, limit: int) -> list[Room]:
        bounds = (after, room_key(query), limit)
        return await self._database.read(
            lambda connection: [_room(row) for row in connection.execute(_PAGE, bounds)]
        )


def _claimed(connection: sqlite3.Connection, name_key: str) -> Claim | None:
    row = connection.execute(_CLAIMED, (name_key,)).fetchone()
    return None if row is None else Claim(*row)


def _room(row: tuple[Any, ...]) -> Room:
    conversation_id, name, topic, avatar, data, created_at, member_count = row
    return Room(
        conversation_id=ConversationId(conversation_id),
        name=name or "",
        topic=topic,
        avatar=avatar,
        data=decode_data(data),
        created_at=created_at,
        member_count=member_count,
    )
