"""Group commit: the entries that wait in all conversations go to the database together, in one ordered insert.

An insert costs the driver about 0.3 ms whatever is in it, and an ordered one stops at the first document that an
index refuses. So whose document that was is told, and those behind it, of which nothing was tried, go again.
"""

import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from msgspec import Struct
from pymongo.errors import BulkWriteError, PyMongoError, ServerSelectionTimeoutError

from parley.adapters.mongo.client import Database, Document
from parley.ports.answers import Answer
from parley.ports.background import Spawn
from parley.ports.log import Down, Unknown

logger = logging.getLogger(__name__)

DUPLICATE_KEY = 11_000

MOST_TOGETHER = 1_000
"""So many documents are sent in one command. It must be one: of two, the first may be in when the second fails."""

MOST_COMMANDS = 4
"""So many are under way at once: where a majority is far away, what gets in is bound by that."""

MOST_COMMANDS_APART = 32
"""The same of a sharded database, where each conversation has its own: together, one shard would wait for another."""

WORTH_ANOTHER = 32
"""A command more is sent only for so many conversations that wait: it is their number that makes it cheap."""


class Inserted(Struct, frozen=True):
    """The first `count` documents are durable.

    Of the rest none is, unless `stopped` is `Unknown`. Where that is None and there is a rest, an index refused the
    first of it.
    """

    count: int
    stopped: Unknown | Down | None = None


@dataclass(slots=True, eq=False)
class _Batch:
    """What is to get into one conversation; `count` of it is in."""

    documents: Sequence[Document]
    answer: Answer[Inserted]
    count: int = 0

    @property
    def is_in(self) -> bool:
        return self.count == len(self.documents)

    def end(self, stopped: Unknown | Down | None = None) -> None:
        self.answer.resolve(Inserted(self.count, stopped))


_Slice = tuple[_Batch, Sequence[Document]]


class Inserts:
    """Puts rows in. One insert of a conversation at a time may be asked for: of several, a later one could be first."""

    def __init__(self, database: Database, spawn: Spawn) -> None:
        self._database = database
        self._rows = database.collection("entries")
        self._spawn = spawn
        self._waiting: deque[_Batch] = deque()
        self._commands = 0

    def insert(self, documents: Sequence[Document]) -> Answer[Inserted]:
        """Put these in, one after another, until an index refuses one. Never fails, and never answers at once."""
        answer: Answer[Inserted] = Answer()
        self._waiting.append(_Batch(documents, answer))
        if self._is_time():
            self._commands += 1
            self._spawn(self._run())
        return answer

    def _is_time(self) -> bool:
        if self._database.sharded:
            return self._commands < MOST_COMMANDS_APART
        worth = self._commands == 0 or len(self._waiting) >= WORTH_ANOTHER
        return worth and self._commands < MOST_COMMANDS

    async def _run(self) -> None:
        """Send what waits until nothing does."""
        try:
            while self._waiting:
                await self._send(self._take())
        finally:
            self._commands -= 1

    def _take(self) -> list[_Slice]:
        slices: list[_Slice] = []
        room = MOST_TOGETHER
        while self._waiting and room:
            batch = self._waiting.popleft()
            documents = batch.documents[batch.count : batch.count + room]
            slices.append((batch, documents))
            room = 0 if self._database.sharded else room - len(documents)
        return slices

    async def _send(self, slices: Sequence[_Slice]) -> None:
        documents = [document for _, part in slices for document in part]
        try:
            await self._rows.insert_many(documents)
        except BulkWriteError as error:
            self._stopped(slices, error)
        except ServerSelectionTimeoutError:
            _end(
                slices, Down()
            )  # it was never sent: of a repetition the driver raises the first attempt's error
        except PyMongoError:
            _end(slices, Unknown())
        except Exception:
            logger.exception("an insert failed")
            _end(slices, Unknown())
        else:
            self._settle(slices, len(documents))

    def _stopped(self, slices: Sequence[_Slice], error: BulkWriteError) -> None:
        details = error.details
        if details["writeConcernErrors"] or len(details["writeErrors"]) != 1:
            _end(slices, Unknown())
            return
        (violation,) = details["writeErrors"]
        refused = violation["code"] == DUPLICATE_KEY
        self._settle(slices, int(violation["index"]), None if refused else Unknown())

    def _settle(
        self, slices: Sequence[_Slice], inserted: int, stopped: Unknown | None = None
    ) -> None:
        """So many are in; if not all, the next was `stopped`, and nothing behind it was tried."""
        again = []
        for batch, documents in slices:
            is_last = 0 <= inserted < len(documents)
            batch.count += min(max(inserted, 0), len(documents))
            inserted -= len(documents)
            if is_last or batch.is_in:
                batch.end(stopped if is_last else None)
            else:
                again.append(batch)
        self._waiting.extendleft(reversed(again))


def _end(slices: Sequence[_Slice], stopped: Unknown | Down) -> None:
    for batch, _ in slices:
        batch.end(stopped)
