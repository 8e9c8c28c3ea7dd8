"""The schema's version, and the steps from one to the next."""

from collections.abc import Awaitable, Callable, Sequence

from parley.adapters.mongo import indexes, reactions
from parley.adapters.mongo.client import Database, translated

Migration = Callable[[Database], Awaitable[None]]
"""One step. It may run twice, and on several nodes at once: each must leave what the others would have left."""


async def indexes_alone(_database: Database) -> None:
    """What came with nothing but indexes, which every start makes."""


MIGRATIONS: Sequence[Migration] = (*(indexes_alone,) * 4, reactions.fill)
"""The first one makes version 1 out of an empty database. Append; never change one that was released.

Indexes need no step: every start makes those that are missing.
"""


class NewerSchema(Exception):
    """The database was written by a newer version of the program."""


async def migrate(database: Database, migrations: Sequence[Migration] = MIGRATIONS) -> None:
    """Make the indexes that are missing, and bring the database to the newest version; several nodes may start at once.

    Raises:
        NewerSchema: It is newer than this program knows.
        Unavailable: It can't be reached.
    """
    version = await current(database)
    if version > len(migrations):
        raise NewerSchema(
            f"The database has schema version {version}; this program knows {len(migrations)}."
        )
    await indexes.create(database)
    for number, step in enumerate(migrations[version:], start=version + 1):
        await step(database)
        with translated():
            await database.collection("store").update_one(
                {"_id": "schema"}, {"$max": {"version": number}}, upsert=True
            )


async def current(database: Database) -> int:
    """The version of the database's schema; 0 where it is empty."""
    with translated():
        found = await database.collection("store").find_one({"_id": "schema"})
    return int(found["version"]) if found else 0
