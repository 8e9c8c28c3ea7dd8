"""A database that speaks MongoDB's protocol: the one that is given, else a FerretDB of our own on a free port.

With `PARLEY_TEST_MONGODB=mongodb://…` the tests run against that server, in databases of their own which they drop.
"""

import fcntl
import os
import secrets
import shutil
import socket
import subprocess
import time
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
from tests.support.queries import Queries

SOURCE: Final = Path(__file__).parent.parent / "ferretdb"
PROGRAM: Final = SOURCE / "build" / "ferretdb"
GIVEN: Final = os.environ.get("PARLEY_TEST_MONGODB", "")
STARTING_SECONDS: Final = 30
PATIENT: Final = Limits(operation_seconds=30.0, selection_seconds=15.0)
"""Where nothing is meant to fail, a busy machine is no failure."""

RUN: Final = f"parley_test_{secrets.token_hex(4)}"
"""What the names of all databases of this run of the tests begin with."""


class FerretDB:
    """A server with a folder of its own; it can be killed, and started again on the same port and data."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def uri(self) -> str:
        return f"mongodb://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Return once it takes connections."""
        program = built()
        self._folder.mkdir(parents=True, exist_ok=True)
        self._process = subprocess.Popen(
            [program, "-listen", f"127.0.0.1:{self.port}", "-folder", self._folder],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until = time.monotonic() + STARTING_SECONDS
        while not _answers(self.port):
            assert self._process.poll() is None, "FerretDB ended while it started"
            assert time.monotonic() < until, "FerretDB did not start"

    def kill(self) -> None:
        """End it in the middle of whatever it does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


def built() -> Path:
    """The program, built where it is not or its source is newer; skips the test where there is no Go to build it."""
    sources = [SOURCE / name for name in ("main.go", "front.go", "go.mod", "go.sum")]
    PROGRAM.parent.mkdir(exist_ok=True)
    with (PROGRAM.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        newest = max(source.stat().st_mtime for source in sources)
        if not PROGRAM.exists() or PROGRAM.stat().st_mtime < newest:
            go = shutil.which("go")
            if go is None:
                pytest.skip("no MongoDB is given, and Go, which builds FerretDB, is not installed")
            subprocess.run([go, "build", "-trimpath", "-o", PROGRAM, "."], cwd=SOURCE, check=True)
    return PROGRAM


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
    server = FerretDB(tmp_path_factory.mktemp("ferretdb"))
    server.start()
    yield server.uri
    server.kill()


@asynccontextmanager
async def a_database(uri: str, limits: Limits | None = None) -> AsyncIterator[Database]:
    """A database that nobody else has; everything asked of it must be answered by an index."""
    queries = Queries()
    fresh = a_uri(uri)
    yield Database(fresh, limits or PATIENT, [queries])
    await queries.verify(fresh, explain=bool(GIVEN))


def a_uri(uri: str) -> str:
    """The URI of a new database on this server."""
    base, _, options = uri.partition("?")
    name = f"{RUN}_{secrets.token_hex(4)}"
    return f"{base.rstrip('/')}/{name}" + (f"?{options}" if options else "")


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


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except ConnectionRefusedError:
        time.sleep(0.02)
        return False
    return True
