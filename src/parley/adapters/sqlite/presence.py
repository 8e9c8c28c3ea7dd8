"""How people want to appear, and when they were last seen, kept in SQLite."""

import sqlite3
from collections.abc import Collection, Mapping
from typing import Final

import msgspec

from parley.adapters.sqlite.database import Database
from parley.model.ids import UserId
from parley.model.presence import Chosen, Kept
from parley.ports.presence import PresenceStore, Sighting

_GET: Final = """
    SELECT user_id, chosen, last_seen_ms FROM person_state
    WHERE user_id IN (SELECT value FROM json_each(?))
"""
_CHOOSE: Final = """
    INSERT INTO person_state (user_id, chosen) VALUES (?, ?)
    ON CONFLICT DO UPDATE SET chosen = excluded.chosen
"""
# max() of several values is NULL where one of them is, hence the coalesce on both sides.
_NOTE: Final = """
    INSERT INTO person_state (user_id, connected, last_seen_ms) VALUES (?, ?, ?)
    ON CONFLICT DO UPDATE SET connected = excluded.connected, last_seen_ms = max(
        coalesce(last_seen_ms, excluded.last_seen_ms), coalesce(excluded.last_seen_ms, last_seen_ms)
    )
"""
_CONNECTED: Final = "SELECT user_id FROM person_state WHERE connected"


class SqlitePresence(PresenceStore):
    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, user_ids: Collection[UserId]) -> Mapping[UserId, Kept]:
        wanted = msgspec.json.encode(list(user_ids)).decode()

        def reading(connection: sqlite3.Connection) -> dict[UserId, Kept]:
            kept = {user_id: Kept() for user_id in user_ids}
            for user_id, chosen, last_seen_ms in connection.execute(_GET, (wanted,)):
                kept[user_id] = Kept(chosen, last_seen_ms)
            return kept

        return await self._database.read(reading)

    async def choose(self, user_id: UserId, chosen: Chosen) -> None:
        await self._database.write(
            lambda connection: connection.execute(_CHOOSE, (user_id, chosen)).rowcount
        )

    async def note(self, sightings: Mapping[UserId, Sighting]) -> None:
        rows = [
            (user_id, sighting.connected, sighting.seen_ms)
            for user_id, sighting in sightings.items()
        ]
        await self._database.write(lambda connection: connection.executemany(_NOTE, rows).rowcount)

    async def connected(self) -> set[UserId]:
        return await self._database.read(
            lambda connection: {found for (found,) in connection.execute(_CONNECTED)}
        )
