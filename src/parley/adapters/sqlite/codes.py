"""One-time codes, kept in SQLite."""

import sqlite3
from typing import Any, Final

import msgspec

from parley.adapters.sqlite.database import Database
from parley.model.codes import Code, Purpose
from parley.model.ids import UserId
from parley.ports.codes import CodeStore

_PUT: Final = """
    INSERT INTO codes (purpose, user_id, email, digest, expires_ms)
    VALUES (:purpose, :user_id, :email, :digest, :expires_ms)
    ON CONFLICT DO UPDATE SET email = excluded.email, digest = excluded.digest, expires_ms = excluded.expires_ms
"""
_TAKE: Final = """
    DELETE FROM codes WHERE digest = ? AND purpose = ?
    RETURNING purpose, user_id, email, digest, expires_ms
"""


class SqliteCodes(CodeStore):
    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, code: Code) -> None:
        await self._count(_PUT, msgspec.structs.asdict(code))

    async def take(self, purpose: Purpose, digest: bytes) -> Code | None:
        def change(connection: sqlite3.Connection) -> Code | None:
            rows = connection.execute(_TAKE, (digest, purpose)).fetchall()
            return _code(rows[0]) if rows else None

        return await self._database.write(change)

    async def forget(self, user_id: UserId) -> None:
        await self._count("DELETE FROM codes WHERE user_id = :user_id", {"user_id": user_id})

    async def sweep(self, before_ms: int) -> int:
        return await self._count("DELETE FROM codes WHERE expires_ms < :ms", {"ms": before_ms})

    async def _count(self, sql: str, values: dict[str, Any]) -> int:
        return await self._database.write(
            lambda connection: connection.execute(sql, values).rowcount
        )


def _code(row: tuple[Any, ...]) -> Code:
    return Code(**dict(zip(Code.__struct_fields__, row, strict=True)))
