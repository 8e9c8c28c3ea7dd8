"""A database that speaks MongoDB's protocol: the one that is given, else a FerretDB of our own on a free port.

With `PARLEY_TEST_MONGODB=mongodb://…` the tests run against that server, in databases of their own which they drop.
"""

import os
import secrets
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import pytest
from pymongo import MongoClient

from parley.adapters.mongo.client import Database, Limits
from parley.adapters.mongo.store import MongoStore
from parley.model.ids import ConversationId
from parley.ports.answers import Answer
from parley.ports.log import Appended, Record
from tests.support.ferretdb import FerretDB, NoGo, database_on
from tests.support.queries import Queries

GIVEN: Final = os.environ.get("PARLEY_TEST_MONGODB", "")
RUN: Final = f"parley_test_{secrets.token_hex(4)}"
"""What the names of all databases of this run of the tests begin with."""


PATIENT: Final = Limits(operation_seconds=60, selection_seconds=30)
"""So that a busy machine fails no test that is about something else."""


@pytest.fixture(scope="session")
def mongodb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URI of a server, without a database; what this run left there is dropped."""
    if GIVEN:
        yield GIVEN
        with MongoClient[dict[str, object]](GIVEN) as client:
            for name in client.list_database_names():
                if name.startswith(RUN):
                    client.drop_database(name)
        return
    server = a_server(tmp_path_factory.mktemp("ferretdb"))
    yield server.uri
    server.kill()


def a_server(folder: Path) -> FerretDB:
    """A FerretDB that runs; skips the test where there is no Go to build it."""
    server = FerretDB(folder)
    try:
        server.start()
    except NoGo:
        pytest.skip("Go, which builds FerretDB, is not installed")
    return server


@asynccontextmanager
async def a_database(uri: str) -> AsyncIterator[Database]:
    """A database that nobody else has; everything asked of it must be answered by an index."""
    queries = Queries()
    fresh = a_uri(uri)
    yield Database(fresh, PATIENT, [queries])
    await queries.verify(fresh, explain=bool(GIVEN))


def a_uri(uri: str) -> str:
    """The URI of a new database on this server."""
    return database_on(uri, f"{RUN}_{secrets.token_hex(4)}")


class Publishing:
    """A log whose entries are published as soon as they are in, as a journal and a bus would."""

    def __init__(self, store: MongoStore) -> None:
        self._store = store

    def append(
        self, conversation_id: ConversationId, after: int, records: Sequence[Record]
    ) -> Answer[Appended]:
        def publish(answer: Answer[Appended]) -> None:
            for record in records[: answer.result().count]:
                self._store.heard(record)

        answer = self._store.log.append(conversation_id, after, records)
        answer.then(publish)
        return answer

    def __getattr__(self, name: str) -> object:
        return getattr(self._store.log, name)
