"""Whether the database has what everything else rests on."""

from collections.abc import Sequence

from parley.adapters.mongo import indexes
from parley.adapters.mongo.client import Database
from parley.model.inspection import Fault
from parley.ports.integrity import Integrity


class MongoIntegrity(Integrity):
    """Files are the database's own matter."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def faults(self) -> Sequence[Fault]:
        return [
            Fault(kind="index_missing", message=f"The index {name} is missing.")
            for name in await indexes.missing(self._database)
        ]
