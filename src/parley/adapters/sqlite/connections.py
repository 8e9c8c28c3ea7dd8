"""Connections to the database file, and what each kind of them may do."""

import os
import sqlite3
from pathlib import Path
from typing import Final, Literal

import msgspec

from parley.adapters.sqlite.schema import CannotOpen

Synchronous = Literal["FULL", "NORMAL"]
"""FULL: an answered write survives a power cut. NORMAL: it survives the end of the process, however sudden."""

OLDEST = (3, 37, 0)
"""The first SQLite with STRICT tables."""

BUSY_SECONDS = 5.0
"""How long a statement waits for a lock that another process holds: an operator, or a backup."""

STATEMENTS = 256
OWNER_ONLY: Final = 0o600


def make_private(path: Path) -> None:
    """Make a new file, empty, that nobody but its owner reads; SQLite makes those beside it alike.

    Raises:
        FileExistsError: Something is there.
    """
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, OWNER_ONLY))


def open_writer(path: Path, synchronous: Synchronous) -> sqlite3.Connection:
    """A connection that writes and never checkpoints by itself; a file that is not there is made, private.

    Raises:
        CannotOpen: The SQLite library is too old.
    """
    if sqlite3.sqlite_version_info < OLDEST:
        needed = ".".join(map(str, OLDEST))
        raise CannotOpen(f"SQLite {needed} or newer is needed; this is {sqlite3.sqlite_version}.")
    if (
        not path.exists()
    ):  # else not to be opened: closing it would take SQLite's locks away (fcntl(2))
        make_private(path)
    connection = _open(path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    connection.execute(f"PRAGMA synchronous = {synchronous}")
    connection.execute("PRAGMA fullfsync = ON")  # macOS: fsync alone leaves it in the drive's cache
    connection.execute("PRAGMA checkpoint_fullfsync = ON")
    connection.execute("PRAGMA secure_delete = ON")
    return connection


def open_reader(path: Path) -> sqlite3.Connection:
    """A connection that can't write."""
    connection = _open(path)
    connection.execute("PRAGMA query_only = ON")
    return connection


def _open(path: Path) -> sqlite3.Connection:
    # Each connection is used by one thread at a time, not always by the one that opened it.
    connection = sqlite3.connect(
        path,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        cached_statements=STATEMENTS,
        check_same_thread=False,
    )
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


DISK: Final = frozenset(
    (
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
    )
)
"""Primary result codes that speak of the disk or the file, and of no mistake of this program."""

DAMAGED: Final = frozenset((sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB))


NO_TEXT: Final = "text that is not UTF-8"
MOST_SAID: Final = 300
"""Of a damaged schema SQLite quotes whole statements, over several lines."""


def is_no_text(error: BaseException) -> bool:
    """Whether something that should be text isn't: a column, or what SQLite says of a damaged schema."""
    said = "Could not decode to UTF-8"  # the sqlite3 module has no code for it
    return isinstance(error, UnicodeDecodeError) or (
        isinstance(error, sqlite3.OperationalError) and str(error).startswith(said)
    )


def in_a_line(error: BaseException) -> str:
    """What an error says, in one line, and nothing of what people wrote."""
    return NO_TEXT if is_no_text(error) else " ".join(str(error).split())[:MOST_SAID]


def fault_of_disk(error: BaseException) -> str | None:
    """What is wrong with the disk or the file, in its own words; None where it is something else."""
    if isinstance(error, OSError):
        return str(error)
    if isinstance(error, msgspec.DecodeError) or is_no_text(error):
        return f"a row that can't be understood: {in_a_line(error)}"
    if isinstance(error, sqlite3.Error) and primary_code(error) in DISK:
        return f"{in_a_line(error)} ({error.sqlite_errorname})"
    return None


def primary_code(error: sqlite3.Error) -> int:
    """SQLite's result code without its extension; 0 where the error is Python's own."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF
