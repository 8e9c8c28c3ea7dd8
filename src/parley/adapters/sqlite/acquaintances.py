"""Who knows whom, read from SQLite."""

from collections.abc import Collection
from typing import Final

import msgspec

from parley.adapters.sqlite import rows
from parley.adapters.sqlite.database import Database
from parley.model.ids import UserId
from parley.ports.acquaintances import Acquaintances


def _wrote(person: str) -> str:
    # The index of commands (conversation, actor, client_id) finds somebody's first entry at once.
    return f"""EXISTS (
        SELECT 1 FROM entries WHERE entries.conversation = mine.conversation
        AND entries.actor = {person} AND entries.type = {rows.MESSAGE}
    )"""


_BOTH_WROTE: Final = f"{_wrote('mine.person')} AND {_wrote('theirs.person')}"
_IN_COMMON: Final = """
    members AS mine
    JOIN conversations ON conversations.key = mine.conversation
    JOIN members AS theirs
    ON theirs.conversation = mine.conversation AND theirs.person <> mine.person
"""
_ME: Final = "mine.person = (SELECT key FROM people WHERE id = :me)"
_PARTNERS: Final = f"""
    SELECT people.id FROM {_IN_COMMON} JOIN people ON people.key = theirs.person
    WHERE {_ME} AND kind = 'direct' AND {_BOTH_WROTE}
"""
_SHARING: Final = f"""
    SELECT others.id FROM people AS others
    WHERE others.id IN (SELECT value FROM json_each(:others)) AND EXISTS (
        SELECT 1 FROM {_IN_COMMON}
        WHERE {_ME} AND theirs.person = others.key AND (kind <> 'direct' OR {_BOTH_WROTE})
    )
"""


class SqliteAcquaintances(Acquaintances):
    def __init__(self, database: Database) -> None:
        self._database = database

    async def partners(self, user_id: UserId) -> set[UserId]:
        return await self._read(_PARTNERS, me=user_id)

    async def sharing(self, user_id: UserId, others: Collection[UserId]) -> set[UserId]:
        wanted = msgspec.json.encode(list(others)).decode()
        return await self._read(_SHARING, me=user_id, others=wanted)

    async def _read(self, query: str, **values: str) -> set[UserId]:
        return await self._database.read(
            lambda connection: {found for (found,) in connection.execute(query, values)}
        )
