"""A few threads that read: short transactions, each on a connection of its own."""

import asyncio
import contextlib
import logging
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import TypeVar

import msgspec

from parley.adapters.sqlite.connections import (
    DAMAGED,
    NO_TEXT,
    fault_of_disk,
    is_no_text,
    open_reader,
    primary_code,
)
from parley.model.errors import Unavailable

logger = logging.getLogger(__name__)

T = TypeVar("T")

Reading = Callable[[sqlite3.Connection], T]


class Readers:
    """Every reading sees everything that was answered before it was asked for."""

    def __init__(self, path: Path, count: int) -> None:
        self._connections = [open_reader(path) for _ in range(count)]
        self._free: SimpleQueue[sqlite3.Connection] = SimpleQueue()
        for connection in self._connections:
            self._free.put(connection)
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="parley-reader")
        self.damage: str | None = None
        """What a reading found that says that the file is damaged, for good."""

    async def run(self, reading: Reading[T]) -> T:
        """The result of `reading`, in one read transaction.

        Raises:
            Unavailable: The file could not be read.
        """
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._threads, self._read, reading)
        except (sqlite3.Error, msgspec.DecodeError) as error:
            self._say(error)
            raise Unavailable from error

    async def close(self) -> None:
        """Return once all readings are done and the connections closed."""
        await asyncio.to_thread(self._threads.shutdown)
        for connection in self._connections:
            connection.close()

    def _say(self, error: sqlite3.Error | msgspec.DecodeError) -> None:
        reason = fault_of_disk(error)
        if reason is None:
            logger.error("a reading failed", exc_info=error)
            return
        logger.error("the database could not be read: %s", reason)
        if isinstance(error, msgspec.DecodeError) or primary_code(error) in DAMAGED:
            self.damage = reason

    def _read(self, reading: Reading[T]) -> T:
        connection = self._free.get()
        try:
            connection.execute("BEGIN")
            return reading(connection)
        except (sqlite3.OperationalError, UnicodeDecodeError) as error:
            if is_no_text(error):
                raise msgspec.DecodeError(NO_TEXT) from None
            raise
        finally:
            # COMMIT would fail once more with what a statement before it failed with, and hide what was found.
            with contextlib.suppress(sqlite3.Error):
                connection.rollback()
            self._free.put(connection)
