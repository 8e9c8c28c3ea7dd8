"""Whether the database file is the one that was here last, and not an older copy of it put back.

The database remembers which file it is, and the highest position lies in a file beside it. Another file, or a lower
position, means that entries were answered which are not here: cursors and offsets of clients reach beyond this log, or
name other entries. So the store takes a new epoch, and every client fetches afresh. A copy written into the very same
file, together with its side file, is not noticed here: `parley restore` is for that, and clients that have more than
the log does are counted (`journal/rollbacks.py`).

A file is told by its inode and when it was made: whoever removes a folder and puts a copy there gets the same inode
again on ext4. Its device counts only where that instant is not known, as it may have another number after a reboot.
"""

import contextlib
import logging
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import quote

from parley.adapters.sqlite.births import born
from parley.adapters.sqlite.connections import primary_code
from parley.adapters.sqlite.schema import CannotOpen
from parley.model.ids import RandomBytes

logger = logging.getLogger(__name__)

SUFFIX: Final = ".highest"
DIGITS: Final = 20
OWNER_ONLY: Final = 0o600

_SAYS: Final = "SELECT file, (SELECT coalesce(max(position), 0) FROM entries) FROM store"


def side_file(database: Path) -> Path:
    """Where the highest position of this database is kept."""
    return database.with_name(database.name + SUFFIX)


def new_epoch(random: RandomBytes) -> str:
    return random(8).hex()


def require_fitting(path: Path) -> None:
    """Pass a write-ahead log that was left behind and belongs to this database, before anything else opens them.

    SQLite can't tell one of another age from its own: it would read its pages over the database's, and copy them there
    when it closes. So where the two are not as they were last, the whole is checked first, by reading alone.

    Raises:
        CannotOpen: They are of different ages.
        sqlite3.DatabaseError: The file can't be read.
    """
    with _reading(path, "mode=ro") as reader:
        try:
            known, position = reader.execute(_SAYS).fetchone() or (None, 0)
        except sqlite3.OperationalError as error:
            if primary_code(error) != sqlite3.SQLITE_ERROR:
                raise
            return  # its tables are not made yet, or are of an older version
        if _reason(path, known, position) is None:
            return
        said = [text for (text,) in reader.execute("PRAGMA integrity_check(1)")]
    # No entry is ever removed, so a log of this database's own never makes it end earlier.
    if said != ["ok"] or _position_without_log(path) > position:
        raise CannotOpen(
            f"The database {path} and {path.name}-wal are of different ages. Nothing was changed. "
            "Put the two that belong together back, or restore a backup."
        )


def _position_without_log(path: Path) -> int:
    """Where the database ends without its write-ahead log; 0 where it was being copied there and can't be read."""
    with _reading(path, "immutable=1") as reader, contextlib.suppress(sqlite3.DatabaseError):
        return int(reader.execute(_SAYS).fetchone()[1])
    return 0


@contextlib.contextmanager
def _reading(path: Path, how: str) -> Iterator[sqlite3.Connection]:
    """A connection that changes nothing, not even when it is closed."""
    uri = f"file:{quote(os.fspath(path))}?{how}"
    with contextlib.closing(sqlite3.connect(uri, uri=True)) as reader:
        yield reader


def examine(
    connection: sqlite3.Connection, path: Path, random: RandomBytes, *, lost: bool = False
) -> None:
    """Give the store a new epoch if its file is another one or an older copy, or its end `lost`; say so in the log."""
    known, position = connection.execute(_SAYS).fetchone()
    here = _identity(path)
    reason = _reason(path, known, position)
    if reason is None and lost:
        reason = "the machine went down before everything that was answered was synced (PARLEY_SYNCHRONOUS)"
    if reason is not None:
        logger.warning("%s: the store takes a new epoch, and clients fetch afresh", reason)
        connection.execute("UPDATE store SET epoch = ?", (new_epoch(random),))
    if known != here:
        connection.execute("UPDATE store SET file = ?", (here,))


class Highest:
    """The side file. On the writer's thread, after commits: it may lag behind the database, and is never ahead."""

    def __init__(self, database: Path, position: int) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC
        self._descriptor = os.open(side_file(database), flags, OWNER_ONLY)
        self._written = -1
        self.write(position)

    def write(self, position: int) -> None:
        """Keep it; one small write at the file's beginning, where it is news. A full disk is somebody else's matter."""
        if position != self._written:
            with contextlib.suppress(OSError):
                os.pwrite(self._descriptor, f"{position:0{DIGITS}}\n".encode("ascii"), 0)
                self._written = position

    def close(self) -> None:
        os.close(self._descriptor)


def _reason(path: Path, known: str | None, position: int) -> str | None:
    """Why the database, which says to be this file and to end there, is not the one that was here last."""
    if known is not None and known != _identity(path):
        return "the database is another file than the one that was here last"
    highest = _read(side_file(path))
    if position < highest:
        return f"the database ends at entry {position}, and ended at {highest} before"
    return None


def _identity(path: Path) -> str:
    found = path.stat()
    return f"{found.st_ino}:{born(path) or f'on {found.st_dev}'}"


def _read(path: Path) -> int:
    """What it says; 0 where it says nothing that can be read."""
    try:
        text = path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        return 0
    return int(text) if len(text) == DIGITS + 1 and text.strip().isdecimal() else 0
