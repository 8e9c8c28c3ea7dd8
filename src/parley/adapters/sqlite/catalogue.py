"""What an SQLite store holds."""

from typing import Final, Literal

from parley.adapters.sqlite.database import Database
from parley.ports.transfer import Catalogue, Kind

# A conversation without an entry has lent its number to a name or a mark, and does not exist.
_EXISTING: Final = "EXISTS (SELECT 1 FROM entries WHERE conversation = conversations.key)"
_IDS: Final = {
    "accounts": "SELECT user_id FROM accounts WHERE user_id > ? ORDER BY user_id LIMIT ?",
    "sessions": "SELECT session_id FROM sessions WHERE session_id > ? ORDER BY session_id LIMIT ?",
    "conversations": f"SELECT id FROM conversations WHERE id > ? AND {_EXISTING} ORDER BY id LIMIT ?",
}
_COUNT: Final[dict[Kind, str]] = {
    "accounts": "SELECT count(*) FROM accounts",
    "sessions": "SELECT count(*) FROM sessions",
    "conversations": f"SELECT count(*) FROM conversations WHERE {_EXISTING}",
    "entries": "SELECT count(*) FROM entries",
}


class SqliteCatalogue(Catalogue):
    def __init__(self, database: Database) -> None:
        self._database = database

    async def ids(
        self, kind: Literal["accounts", "sessions", "conversations"], after: str, limit: int
    ) -> list[str]:
        return await self._database.read(
            lambda connection: [
                found for (found,) in connection.execute(_IDS[kind], (after, limit))
            ]
        )

    async def count(self, kind: Kind) -> int:
        return await self._database.read(
            lambda connection: int(connection.execute(_COUNT[kind]).fetchone()[0])
        )
