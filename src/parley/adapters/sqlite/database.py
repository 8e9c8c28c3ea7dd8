"""The database file: opened, brought up to date, written by one thread and read by a few."""

import asyncio
import contextlib
import logging
import secrets
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from parley.adapters.sqlite import activity
from parley.adapters.sqlite.activity import Activity
from parley.adapters.sqlite.checkpoints import MEBIBYTE, Checkpoints, truncate
from parley.adapters.sqlite.connections import (
    DAMAGED,
    Synchronous,
    in_a_line,
    is_no_text,
    open_writer,
    primary_code,
)
from parley.adapters.sqlite.entries import Entries
from parley.adapters.sqlite.jobs import Append, Change
from parley.adapters.sqlite.keys import Keys
from parley.adapters.sqlite.left_behind import require_one, secure
from parley.adapters.sqlite.provenance import (
    Highest,
    examine,
    new_epoch,
    require_fitting,
    side_file,
)
from parley.adapters.sqlite.readers import Readers, Reading
from parley.adapters.sqlite.schema import CannotOpen, migrate, migrations
from parley.adapters.sqlite.unsynced import Unsynced, mark, this_boot
from parley.adapters.sqlite.writer import Fatal, Hooks, Writer
from parley.model.ids import ConversationId, RandomBytes
from parley.ports.answers import Answer
from parley.ports.log import Appended, Record, StoreIdentity
from parley.ports.measures import Family

FILE = "parley.db"
FILES = (
    FILE,
    f"{FILE}-wal",
    f"{FILE}-shm",
    side_file(Path(FILE)).name,
    mark(Path(FILE)).name,
)
"""All that a folder holds of a database."""

READERS = 3
RESERVE_BYTES = 64 * MEBIBYTE
"""With less space than this left, nothing more is written: a commit that finds the disk full ends the process."""

LOOK_SECONDS = 0.05
"""How often the writer looks at the disk: two system calls, which a small group would feel."""

T = TypeVar("T")

logger = logging.getLogger(__name__)


class Database:
    """Everything that is embedded, in one file of a folder that this process alone uses."""

    def __init__(self, writer: Writer, readers: Readers, work: "_Work") -> None:
        self._writer = writer
        self._readers = readers
        self._work = work

    @classmethod
    async def open(
        cls,
        folder: Path,
        *,
        fatal: Fatal,
        synchronous: Synchronous = "FULL",
        random: RandomBytes = secrets.token_bytes,
        free_bytes: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free,
        boot: Callable[[], str] = this_boot,
    ) -> "Database":
        """Open the database of this folder; one that isn't there is made, an older one brought up to date.

        What a sudden end left behind is repaired, and all that is there made durable, before anything is answered.
        `fatal` is called on the event loop when a write failed so that its outcome is unknown; the process must end.

        Raises:
            FromTheFuture: A newer program wrote it.
            CannotOpen: It is damaged, no database at all, or can't be written.
        """
        path = folder / FILE
        unsynced = Unsynced(path, boot())
        loop = asyncio.get_running_loop()

        def failed(error: Exception) -> None:
            loop.call_soon_threadsafe(fatal, error)

        try:
            work = await asyncio.to_thread(
                _Work, path, synchronous, random, free_bytes, failed=failed, unsynced=unsynced
            )
            readers = await asyncio.to_thread(Readers, path, READERS)
        except (sqlite3.Error, OSError, UnicodeDecodeError) as error:
            message = f"The database {path} can't be opened: {in_a_line(error)}.{_advice(error)}"
            raise CannotOpen(message) from error
        return cls(Writer(work.connection, work, fatal), readers, work)

    @property
    def identity(self) -> StoreIdentity:
        """Which store this is."""
        return self._work.identity

    def measured(self) -> list[Family]:
        """How commits go."""
        return self._writer.commits.measured()

    def trouble(self) -> str | None:
        """Why it can't be relied on right now, if there is a reason."""
        if self._readers.damage is not None:
            return f"the database is damaged: {self._readers.damage}"
        return None if self._work.has_space() else "the disk is full"

    def unwritten_activity(self) -> Mapping[int, int]:
        """What a reading must add to `conversations.activity`; to be asked for before the reading."""
        return self._work.activity.unwritten()

    def append(
        self, conversation_id: ConversationId, after: int, records: Sequence[Record]
    ) -> Answer[Appended]:
        """See `Log.append`."""
        job = Append(self._work.entries, conversation_id, after, records)
        self._writer.submit(job)
        return job.answer

    async def write(self, change: Callable[[sqlite3.Connection], T]) -> T:
        """Make a change, whole or not at all; what it returns, once that is durable.

        Raises:
            ChatError: `change` did, and nothing was changed.
            Unavailable: Nothing can be written right now.
        """
        job = Change(self._work.connection, change)
        self._writer.submit(job)
        return await job.answer

    async def read(self, reading: Reading[T]) -> T:
        """The result of a reading, in one read transaction.

        Raises:
            Unavailable: The file could not be read.
        """
        return await self._readers.run(reading)

    @contextlib.contextmanager
    def unhurried_checkpoints(self) -> Iterator[None]:
        """While a long reading goes on, the write-ahead log grows instead of the writer waiting to empty it."""
        self._work.checkpoints.hold()
        try:
            yield
        finally:
            self._work.checkpoints.release()

    async def close(self) -> None:
        """Answer everything asked for, then leave one whole file."""
        await self._writer.close()
        await self._readers.close()
        await asyncio.to_thread(self._work.close)


class _Work(Hooks):
    """What the writer's thread works with."""

    def __init__(
        self,
        path: Path,
        synchronous: Synchronous,
        random: RandomBytes,
        free_bytes: Callable[[Path], int],
        *,
        failed: Fatal,
        unsynced: Unsynced,
    ) -> None:
        require_one(path)
        left_behind = secure(path.with_name(f"{path.name}-wal"))
        if left_behind:
            require_fitting(path)
        self._folder = path.parent
        self._free_bytes = free_bytes
        self.connection = open_writer(path, synchronous)
        migrate(self.connection, migrations())
        _make_identity(self.connection, random)
        examine(self.connection, path, random, lost=unsynced.may_have_lost())
        self._unsynced = unsynced
        if synchronous == "FULL":
            unsynced.end()  # all that was there is synced by now
        else:
            unsynced.begin()
        self.identity = _identity(self.connection)
        late = activity.repair(self.connection)
        if left_behind:
            logger.warning(
                "the last process that had the database ended suddenly: %d bytes that it left in the write-ahead log "
                "are taken over, and the activity of %d conversations is brought up to date",
                left_behind,
                late,
            )
        self.activity = Activity(self.connection, time.monotonic)
        self.entries = Entries(self.connection, Keys(self.connection), self.activity)
        self._highest = Highest(path, self.entries.position)
        self.checkpoints = Checkpoints(path, synchronous, failed)
        self._look_again = 0.0
        self._room = True
        self.between()

    def room(self) -> bool:
        if not self._room:
            self._look_for_room()
        return self._room

    def has_space(self) -> bool:
        """Whether there is space for a group. On any thread."""
        return self._free_bytes(self._folder) > RESERVE_BYTES

    def before_commit(self) -> None:
        self.activity.flush(self.entries.position)

    def committed(self) -> None:
        self.activity.committed()

    def rolled_back(self) -> None:
        self.activity.rolled_back()
        self.entries.rolled_back()

    def between(self) -> None:
        now = time.monotonic()
        if now >= self._look_again:
            self._look_again = now + LOOK_SECONDS
            self._look_for_room()
            self.checkpoints.consider(self.connection)
            self._highest.write(self.entries.position)

    def close(self) -> None:
        self.checkpoints.close()
        self.connection.rollback()
        with contextlib.suppress(sqlite3.Error):  # what can't be written is found again in the log
            self.connection.execute("BEGIN IMMEDIATE")
            self.activity.flush(self.entries.position, at_once=True)
            self.connection.execute("COMMIT")
        self.connection.rollback()
        self._highest.write(self.entries.position)
        self._highest.close()
        try:
            if truncate(self.connection):
                self._unsynced.end()
        except sqlite3.Error as error:
            logger.error("the write-ahead log is left to the next start: %s", error)  # noqa: TRY400  # it says all
        self.connection.close()

    def _look_for_room(self) -> None:
        room = self.has_space()
        if room and not self._room:
            logger.warning("there is space on the disk again: commands are taken")
        elif self._room and not room:
            left = RESERVE_BYTES // MEBIBYTE
            logger.error("less than %d MiB are left on the disk: nothing is written", left)
        self._room = room


def _advice(error: sqlite3.Error | OSError | UnicodeDecodeError) -> str:
    """What an operator may do about it."""
    code = primary_code(error) if isinstance(error, sqlite3.Error) else 0
    if code in DAMAGED or is_no_text(error):
        return " Restore a backup."
    return " Make space on that disk." if code == sqlite3.SQLITE_FULL else ""


def _make_identity(connection: sqlite3.Connection, random: RandomBytes) -> None:
    """Give a store that is new its epoch and its key."""
    connection.execute(
        "INSERT INTO store (one, epoch, digest_key) VALUES (1, ?, ?) ON CONFLICT DO NOTHING",
        (new_epoch(random), random(32)),
    )


def _identity(connection: sqlite3.Connection) -> StoreIdentity:
    epoch, digest_key = connection.execute("SELECT epoch, digest_key FROM store").fetchone()
    return StoreIdentity(epoch, digest_key)
