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
from pathlib import Path
from typing import Final

from parley.adapters.sqlite.births import born
from parley.model.ids import RandomBytes

logger = logging.getLogger(__name__)

SUFFIX: Final = ".highest"
DIGITS: Final = 20
OWNER_ONLY: Final = 0o600


def side_file(database: Path) -> Path:
    """Where the highest position of this database is kept."""
    return database.with_name(database.name + SUFFIX)


def new_epoch(random: RandomBytes) -> str:
    return random(8).hex()


def examine(
    connection: sqlite3.Connection, path: Path, random: RandomBytes, *, lost: bool = False
) -> None:
    """Give the store a new epoch if its file is another one or an older copy, or its end `lost`; say so in the log."""
    (known, position) = connection.execute(
        "SELECT file, (SELECT coalesce(max(position), 0) FROM entries) FROM store"
    ).fetchone()
    here = _identity(path)
    highest = _read(side_file(path))
    if known is not None and known != here:
        reason = "the database is another file than the one that was here last"
    elif position < highest:
        reason = f"the database ends at entry {position}, and ended at {highest} before"
    elif lost:
        reason = "the machine went down before everything that was answered was synced (PARLEY_SYNCHRONOUS)"
    else:
        reason = None
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
