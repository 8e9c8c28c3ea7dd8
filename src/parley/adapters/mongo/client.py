"""The connection to a MongoDB database: how it is opened and asked, and what its errors mean here."""

import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

import pymongo
from msgspec import Struct
from pymongo import DeleteMany, UpdateMany, UpdateOne, monitoring
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import (
    BulkWriteError,
    DuplicateKeyError,
    InvalidURI,
    OperationFailure,
    PyMongoError,
)
from pymongo.read_concern import ReadConcern
from pymongo.uri_parser import parse_uri

from parley.adapters.mongo import measuring
from parley.model.errors import Unavailable
from parley.ports.answers import Answer
from parley.ports.measures import Family

logger = logging.getLogger(__name__)

T = TypeVar("T")

Document = dict[str, Any]
Filter = Mapping[str, Any]
Collection = AsyncCollection[Document]

Write = UpdateOne | UpdateMany | DeleteMany

DEFAULT_DATABASE = "parley"
WRITES_TOGETHER = 50
"""So many are sent in one command: for each, FerretDB holds one of its hundred connections until the command's end."""

LOG_SECONDS = 10.0

ASCENDING, DESCENDING = pymongo.ASCENDING, pymongo.DESCENDING


class Limits(Struct, frozen=True, kw_only=True):
    """How long to wait and how much to open. `operation_seconds` bounds one call, its retries included."""

    operation_seconds: float = 5.0
    selection_seconds: float = 2.0
    most_connections: int = 50


class Sparse(logging.Filter):
    """Lets a line through once in so many seconds: where one thing fails, thousands do."""

    def __init__(self, seconds: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._seconds = seconds
        self._monotonic = monotonic
        self._next = 0.0

    def filter(self, record: logging.LogRecord) -> bool:
        now = self._monotonic()
        if now < self._next:
            return False
        self._next = now + self._seconds
        return True


logger.addFilter(Sparse(LOG_SECONDS))


class BadAddress(Exception):
    """The text is not the address of a MongoDB; the message says why, without credentials."""


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Turn whatever the driver raises into `Unavailable`: the one error that a store's callers know how to meet."""
    try:
        yield
    except PyMongoError as error:
        logger.warning("the database did not do what it was asked: %s", _reason(error))
        raise Unavailable from error


def _reason(error: PyMongoError) -> str:
    """What may be logged: the text of what the server refuses can hold what somebody wrote."""
    if isinstance(error, OperationFailure):
        return f"{type(error).__name__}, code {error.code}"
    return str(error)


async def upserting(ask: Callable[[], Awaitable[T]]) -> T:
    """The answer to an upsert by `_id`, asked again where another one made the document at the same moment.

    Raises:
        Unavailable: The database can't answer.
    """
    with translated():
        try:
            return await ask()
        except (DuplicateKeyError, BulkWriteError):
            return await ask()


async def write_all(documents: Collection, writes: Sequence[Write], *, ordered: bool = True) -> int:
    """Send writes each of which may be repeated; how many documents they found.

    Raises:
        Unavailable: The database can't answer.
    """
    found = 0
    for start in range(0, len(writes), WRITES_TOGETHER):
        some = list(writes[start : start + WRITES_TOGETHER])
        sent = await upserting(partial(documents.bulk_write, some, ordered=ordered))
        found += sent.matched_count
    return found


class Database:
    """One database, asked by the strictest of its promises.

    Writes are acknowledged by a majority and journalled; reads are from the primary with read concern majority.
    The driver repeats what it knows to be safe to repeat (retryable reads and writes). `address` is the database's
    place, without credentials.
    """

    def __init__(
        self,
        uri: str,
        limits: Limits | None = None,
        listeners: Sequence[monitoring.CommandListener] = (),
    ) -> None:
        limits = limits or Limits()
        self._commands, self._connections = measuring.Commands(), measuring.Connections()
        try:
            parsed = parse_uri(uri, validate=True)
            self._client = measuring.Client(
                uri,
                appname="parley",
                w="majority",
                journal=True,
                readConcernLevel="majority",
                readPreference="primary",
                timeoutMS=round(limits.operation_seconds * 1000),
                connectTimeoutMS=round(limits.selection_seconds * 1000),
                serverSelectionTimeoutMS=round(limits.selection_seconds * 1000),
                maxPoolSize=limits.most_connections,
                event_listeners=[self._commands, self._connections, *listeners],
            )
        except (PyMongoError, ValueError) as error:
            kind = "is no mongodb:// address" if isinstance(error, InvalidURI) else str(error)
            raise BadAddress(kind) from error
        name = parsed["database"] or DEFAULT_DATABASE
        hosts = ",".join(f"{host}:{port}" for host, port in parsed["nodelist"])
        self.address = f"{hosts}/{name}"
        self._database: AsyncDatabase[Document] = self._client[name]
        self._presence = _Presence(self._read_linearizably)
        self.replicated = self.sharded = False

    async def open(self) -> None:
        """Find the database, and whether there are others that could become its primary.

        Raises:
            Unavailable: It can't be reached, or does not let this client in.
        """
        with translated():
            hello = await self._client.admin.command("hello")
            await self._database.command("ping")
        self.sharded = hello.get("msg") == "isdbgrid"
        self.replicated = self.sharded or "setName" in hello

    async def close(self) -> None:
        """Let go of every connection."""
        await self._client.close()

    def measured(self) -> list[Family]:
        """How commands to it go."""
        return measuring.measured(self._commands, self._connections, self._client)

    def collection(self, name: str) -> Collection:
        return self._database[name]

    async def confirm(self, conversation_id: str = "") -> None:
        """Return once what is read next can't be older than everything that was durable when this was called.

        A primary that was deposed without knowing it answers reads with what it has. So it is asked first for
        something that only the real one can answer, a linearizable read; once the driver has heard of a newer
        primary it never goes back. Calls that come while such a read is under way share the next one.
        """
        if not self.replicated:
            return
        with translated():
            await self._presence.confirm(conversation_id if self.sharded else "")

    async def _read_linearizably(self, conversation_id: str) -> None:
        name, key = (
            ("entries", {"conversation_id": conversation_id, "seq": 1})
            if conversation_id
            else ("store", {"_id": "identity"})
        )
        collection = self._database.get_collection(name, read_concern=ReadConcern("linearizable"))
        await collection.find_one(key, {"_id": 1})


class _Presence:
    """Asks a question for many at once: one under way, and one more for all who came after it began."""

    def __init__(self, ask: Callable[[str], Awaitable[None]]) -> None:
        self._ask = ask
        self._under_way: dict[str, Answer[None]] = {}
        self._next: dict[str, Answer[None]] = {}

    async def confirm(self, key: str) -> None:
        running = self._under_way.get(key)
        if running is None:
            await self._run(key, Answer())
            return
        following = self._next.get(key)
        if following is not None:
            await following
            return
        mine = self._next[key] = Answer()
        with contextlib.suppress(Exception):  # whoever asked that one hears of its failure
            await running
        del self._next[key]
        await self._run(key, mine)

    async def _run(self, key: str, answer: Answer[None]) -> None:
        self._under_way[key] = answer
        try:
            await self._ask(key)
        except BaseException as error:
            del self._under_way[key]
            answer.fail(error if isinstance(error, Exception) else Unavailable())
            raise
        del self._under_way[key]
        answer.resolve(None)
