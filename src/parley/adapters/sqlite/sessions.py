"""Sessions, kept in SQLite."""

import sqlite3
from typing import Any, Final

import msgspec

from parley.adapters.sqlite.database import Database
from parley.model.ids import SessionId, UserId
from parley.model.sessions import Session
from parley.ports.sessions import SessionStore

_COLUMNS: Final = Session.__struct_fields__
_SELECT: Final = f"SELECT {', '.join(_COLUMNS)} FROM sessions"
_INSERT: Final = f"""
    INSERT INTO sessions ({", ".join(_COLUMNS)}) VALUES ({", ".join(f":{name}" for name in _COLUMNS)})
"""
_REPLACE: Final = f"""
    UPDATE sessions SET {", ".join(f"{name} = :{name}" for name in _COLUMNS)}
    WHERE session_id = :session_id AND current = :before_current AND revoked = :before_revoked
"""
_REVOKE_ALL: Final = """
    UPDATE sessions SET revoked = 1 WHERE user_id = ? AND NOT revoked AND session_id IS NOT ? RETURNING session_id
"""
_REMOVE_ALL: Final = "DELETE FROM sessions WHERE user_id = ? RETURNING session_id"
_OF: Final = f"{_SELECT} WHERE user_id = ? AND NOT revoked ORDER BY used_ms DESC, session_id"


class SqliteSessions(SessionStore):
    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, session: Session) -> None:
        await self._count(_INSERT, msgspec.structs.asdict(session))

    async def get(self, session_id: SessionId) -> Session | None:
        def reading(connection: sqlite3.Connection) -> Session | None:
            row = connection.execute(f"{_SELECT} WHERE session_id = ?", (session_id,)).fetchone()
            return None if row is None else _session(row)

        return await self._database.read(reading)

    async def replace(self, before: Session, after: Session) -> bool:
        values = msgspec.structs.asdict(after)
        values |= {"before_current": before.current, "before_revoked": before.revoked}
        return await self._count(_REPLACE, values) > 0

    async def revoke(self, session_id: SessionId) -> bool:
        sql = "UPDATE sessions SET revoked = 1 WHERE session_id = :id AND NOT revoked"
        return await self._count(sql, {"id": session_id}) > 0

    async def of(self, user_id: UserId) -> list[Session]:
        return await self._database.read(
            lambda connection: [_session(row) for row in connection.execute(_OF, (user_id,))]
        )

    async def revoke_all(self, user_id: UserId, but: SessionId | None = None) -> list[SessionId]:
        return await self._named(_REVOKE_ALL, user_id, but)

    async def remove_all(self, user_id: UserId) -> list[SessionId]:
        return await self._named(_REMOVE_ALL, user_id)

    async def sweep(self, before_ms: int) -> int:
        sql = "DELETE FROM sessions WHERE expires_ms < :before"
        return await self._count(sql, {"before": before_ms})

    async def _named(self, sql: str, *values: str | None) -> list[SessionId]:
        """The sessions that a statement changed."""
        return await self._database.write(
            lambda connection: [found for (found,) in connection.execute(sql, values).fetchall()]
        )

    async def _count(self, sql: str, values: dict[str, Any]) -> int:
        """How many rows a statement changed."""
        return await self._database.write(
            lambda connection: connection.execute(sql, values).rowcount
        )


def _session(row: tuple[Any, ...]) -> Session:
    values = dict(zip(_COLUMNS, row, strict=True))
    values["revoked"] = bool(values["revoked"])
    return Session(**values)
