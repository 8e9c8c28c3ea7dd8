"""Erasures, kept in SQLite."""

import sqlite3
from collections.abc import Callable
from typing import Any, Final

from parley.adapters.sqlite.database import Database
from parley.model.erasures import Erasure
from parley.model.ids import UserId
from parley.ports.erasures import ErasureStore

PERSON: Final = "(SELECT key FROM people WHERE id = :user_id)"
FORGOTTEN: Final = {
    ("accounts", "user_id"): ":user_id",
    ("codes", "user_id"): ":user_id",
    ("marks", "person"): PERSON,
    ("mentions", "person"): PERSON,
    ("preferences", "user_id"): ":user_id",
    ("person_state", "user_id"): ":user_id",
    ("contacts", "user_id"): ":user_id",
    ("contacts", "contact_id"): ":user_id",
    ("blocks", "user_id"): ":user_id",
    ("blocks", "blocked_id"): ":user_id",
}
"""By table and column, what there is of a person beside logs and sessions; the tests hold it against the schema."""

_BEGIN: Final = """
    INSERT INTO erasures (user_id, begun_ms, due_ms) VALUES (?, ?, ?) ON CONFLICT DO NOTHING
"""
_CLAIM: Final = """
    UPDATE erasures SET due_ms = :until WHERE user_id = (
        SELECT user_id FROM erasures WHERE due_ms <= :now ORDER BY due_ms LIMIT 1
    ) RETURNING user_id, begun_ms
"""


class SqliteErasures(ErasureStore):
    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, user_id: UserId, now_ms: int, due_ms: int) -> None:
        def change(connection: sqlite3.Connection) -> None:
            connection.execute(_BEGIN, (user_id, now_ms, due_ms))
            connection.execute("DELETE FROM accounts WHERE user_id = ?", (user_id,))

        await self._database.write(change)

    async def claim(self, now_ms: int, until_ms: int) -> Erasure | None:
        def change(connection: sqlite3.Connection) -> Erasure | None:
            values = {"now": now_ms, "until": until_ms}
            rows = connection.execute(_CLAIM, values).fetchall()
            return _erasure(rows[0]) if rows else None

        return await self._database.write(change)

    async def postpone(self, user_id: UserId, due_ms: int) -> None:
        sql = "UPDATE erasures SET due_ms = ? WHERE user_id = ?"
        await self._database.write(_statement(sql, due_ms, user_id))

    async def forget(self, user_id: UserId) -> None:
        def change(connection: sqlite3.Connection) -> None:
            for (table, column), person in FORGOTTEN.items():
                connection.execute(
                    f"DELETE FROM {table} WHERE {column} = {person}", {"user_id": user_id}
                )

        await self._database.write(change)

    async def finish(self, user_id: UserId) -> None:
        await self._database.write(_statement("DELETE FROM erasures WHERE user_id = ?", user_id))

    async def pending(self) -> list[Erasure]:
        sql = "SELECT user_id, begun_ms FROM erasures ORDER BY begun_ms"
        return await self._database.read(
            lambda connection: [_erasure(row) for row in connection.execute(sql)]
        )


def _statement(sql: str, *values: object) -> Callable[[sqlite3.Connection], int]:
    return lambda connection: connection.execute(sql, values).rowcount


def _erasure(row: tuple[Any, ...]) -> Erasure:
    user_id, begun_ms = row
    return Erasure(user_id=user_id, begun_ms=begun_ms)
