"""Moves what was committed from the write-ahead log into the database file, off the way of the commits."""

import logging
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue

from parley.adapters.sqlite.connections import Synchronous, open_writer, primary_code
from parley.adapters.sqlite.wal import WriteAheadLog

logger = logging.getLogger(__name__)

MEBIBYTE = 1 << 20
PATIENCE_MS = 100
"""How long emptying the write-ahead log may wait for those who read it; else it is tried again later."""


class Checkpoints:
    """A thread that copies without stopping anyone, whenever `copy_bytes` of the write-ahead log are not copied yet.

    That begins with a sync of the write-ahead log, during which commits wait: the less there is to sync, the shorter.

    Under constant load it may never catch up with the writer, and the file would grow without end: past
    `truncate_bytes` the writer itself copies the rest and empties it, between two groups.

    `failed` is called on this thread where the disk failed a copy. It must end the process: after a failed fsync the
    kernel forgets which pages it did not write, so that a second one would succeed without them.

    `under_way`: asked for and not done yet.
    """

    def __init__(
        self,
        path: Path,
        synchronous: Synchronous,
        failed: Callable[[sqlite3.Error], object],
        *,
        copy_bytes: int = MEBIBYTE,
        truncate_bytes: int = 64 * MEBIBYTE,
    ) -> None:
        self._wal = WriteAheadLog(path.with_name(f"{path.name}-wal"))
        self._copied = b"", 0
        self._copy_bytes = copy_bytes
        self._truncate_bytes = truncate_bytes
        self._held = 0
        self.under_way = False
        self._lock = threading.Lock()
        self._failed = failed
        self._connection = open_writer(path, synchronous)
        self._asked: SimpleQueue[bool] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="parley-checkpoints", daemon=True)
        self._thread.start()

    def consider(self, writer: sqlite3.Connection) -> None:
        """Look at how much there is to copy. On the writer's thread, outside a transaction."""
        if self.under_way:
            return
        size, missing = self._wal.size(), self._not_copied()
        # What is to be copied first delays nobody, where the copying keeps up at all.
        most = self._truncate_bytes if missing <= self._copy_bytes else 2 * self._truncate_bytes
        if size > most and not self._held:
            try:
                truncate(writer)
            except sqlite3.Error as error:
                if not _is_put_off(error):
                    raise
        elif missing > self._copy_bytes:
            self.under_way = True
            self._asked.put(True)

    def _not_copied(self) -> int:
        """How many bytes."""
        beginning, frames, frame_bytes = self._wal.in_use()
        copied_of, copied = self._copied
        return frame_bytes * (frames - copied if beginning == copied_of else frames)

    def hold(self) -> None:
        """Don't empty the write-ahead log until `release`: for a long reading, at which each try would wait."""
        with self._lock:
            self._held += 1

    def release(self) -> None:
        """Take one `hold` back."""
        with self._lock:
            self._held -= 1

    def close(self) -> None:
        """End the thread, once it is done with what it was asked for."""
        self._asked.put(False)
        self._thread.join()
        self._connection.close()

    def _work(self) -> None:
        while self._asked.get():
            try:
                beginning, *_ = self._wal.in_use()
                found = self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
                self._copied = beginning, found[2]
            except sqlite3.Error as error:
                if not _is_put_off(error):
                    self._failed(error)
                    return
            self.under_way = False


def _is_put_off(error: sqlite3.Error) -> bool:
    """Whether it is tried again: there was no space, or somebody held a lock."""
    if primary_code(error) not in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY):
        return False
    logger.warning("the write-ahead log can't be copied now, and keeps all: %s", error)
    return True


def truncate(connection: sqlite3.Connection) -> bool:
    """Copy everything, synced, and empty the write-ahead log, as far as those who read allow; whether that is far."""
    (before,) = connection.execute("PRAGMA busy_timeout").fetchone()
    connection.execute(f"PRAGMA busy_timeout = {PATIENCE_MS}")
    try:
        (busy, *_) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy
    finally:
        connection.execute(f"PRAGMA busy_timeout = {before}")
