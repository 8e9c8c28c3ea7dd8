"""Backups of the database, made page by page while it is in use, and put back."""

import asyncio
import contextlib
import hashlib
import os
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from parley.adapters.sqlite.connections import in_a_line, make_private, open_reader
from parley.adapters.sqlite.database import FILE, Database
from parley.adapters.sqlite.left_behind import LOGS
from parley.adapters.sqlite.provenance import new_epoch, side_file
from parley.adapters.sqlite.schema import migrations, version
from parley.model.ids import RandomBytes
from parley.ports.backups import FORMAT, Backups, CannotBackUp, Manifest

MANIFEST: Final = "backup.json"
WRITTEN: Final = (MANIFEST, FILE, *(f"{FILE}-{beside}" for beside in ("journal", "wal", "shm")))
"""What may lie in the folder of a backup while it is made."""

FAILURES: Final = (OSError, sqlite3.Error, UnicodeDecodeError)
"""Of the disk, or of what lies on it; the last where SQLite quotes a damaged schema."""

OWNER_ONLY: Final = 0o700
STEP_PAGES: Final = 256
"""A mebibyte at a time; between two steps it rests as long as a step took, so that at most half a disk is its own."""

Report = Callable[[str, int, int], None]


class Interrupted(Exception):
    """Whoever asked for the backup went away."""


class SqliteBackups(Backups):
    def __init__(self, database: Database, folder: Path) -> None:
        self._database = database
        self._folder = folder

    async def make(self, target: Path, report: Report) -> Manifest:
        loop = asyncio.get_running_loop()
        stop = threading.Event()

        def tell(what: str, done: int, total: int) -> None:
            loop.call_soon_threadsafe(report, what, done, total)

        made = _prepare(target)
        work = loop.run_in_executor(None, self._make, target, made, tell, stop)
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            stop.set()
            with contextlib.suppress(Exception):
                await work
            raise

    def _make(
        self, target: Path, made: list[Path], tell: Report, stop: threading.Event
    ) -> Manifest:
        try:
            with self._database.unhurried_checkpoints():
                self._copy(target / FILE, tell, stop)
            manifest = _manifest(target / FILE)
            _write(target / MANIFEST, msgspec.json.encode(manifest) + b"\n")
        except BaseException as error:
            _remove(target, made)
            if isinstance(error, FAILURES):
                message = f"The backup {target} can't be written: {in_a_line(error)}."
                raise CannotBackUp(message) from error
            raise
        return manifest

    def _copy(self, target: Path, tell: Report, stop: threading.Event) -> None:
        """Copy the database as it stands at one moment, whatever is written meanwhile: one reading spans it all."""
        began = time.monotonic()

        def progress(_status: int, remaining: int, total: int) -> None:
            nonlocal began
            if stop.is_set():
                raise Interrupted
            tell("pages", total - remaining, total)
            time.sleep(min(time.monotonic() - began, 1))
            began = time.monotonic()

        with (
            contextlib.closing(open_reader(self._folder / FILE)) as source,
            contextlib.closing(sqlite3.connect(target)) as copy,
        ):
            source.execute("BEGIN")
            source.execute("SELECT epoch FROM store").fetchone()
            source.backup(copy, pages=STEP_PAGES, progress=progress)
            copy.execute("PRAGMA journal_mode = DELETE")  # so that one file is the whole of it
        _sync(target)


def restore(backup: Path, folder: Path, random: RandomBytes) -> Manifest:
    """Put a backup into a data folder that this process owns and that holds no database; with a new epoch.

    Nor may it hold what is left of one: its write-ahead log may have what was answered last.

    Raises:
        CannotBackUp: It is no backup, it is damaged, or a database is there.
    """
    manifest = _read_manifest(backup)
    target = folder / FILE
    there = [
        name for name in (FILE, *(FILE + log for log in LOGS)) if os.path.lexists(folder / name)
    ]
    if there:
        names = ", ".join(there)
        message = f"{folder} holds a database. Choose an empty folder, or move away first: {names}."
        raise CannotBackUp(message)
    part = folder / f"{FILE}.part"
    try:
        _clear(part)
        make_private(part)
        shutil.copyfile(backup / FILE, part)
        _compare(part, manifest)
        _renew(part, manifest, random)
        _sync(part)
        target.with_name(f"{FILE}-shm").unlink(missing_ok=True)
        side_file(target).unlink(missing_ok=True)
        part.replace(target)
        _sync(folder)
    except FAILURES as error:
        message = f"The backup {backup} can't be restored: {in_a_line(error)}."
        raise CannotBackUp(message) from error
    finally:
        _clear(part)
    return manifest


def _clear(part: Path) -> None:
    """Remove what is being restored, also of an earlier time: another one's journal would be played into it."""
    for suffix in ("", "-shm", *LOGS):
        part.with_name(part.name + suffix).unlink(missing_ok=True)


def _compare(part: Path, manifest: Manifest) -> None:
    """Pass a copy that is what was backed up, to the bit."""
    if manifest.sha256 and _sha256(part) != manifest.sha256:
        message = "The backup is damaged: its database is not what its manifest says."
        raise CannotBackUp(message)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _renew(part: Path, manifest: Manifest, random: RandomBytes) -> None:
    with contextlib.closing(sqlite3.connect(part)) as connection:
        said = [text for (text,) in connection.execute("PRAGMA quick_check(1)")]
        (position,) = connection.execute(
            "SELECT coalesce(max(position), 0) FROM entries"
        ).fetchone()
        if said != ["ok"] or position != manifest.entries:
            message = "The backup is damaged: its database is not what its manifest says."
            raise CannotBackUp(message)
        connection.execute("UPDATE store SET epoch = ?, file = NULL", (new_epoch(random),))
        connection.commit()


def _prepare(target: Path) -> list[Path]:
    """Make the folder, and in it the file that keeps everybody else away, other backups too.

    Returns:
        The folders that were not there before, the innermost first.
    """
    missing: list[Path] = []
    try:
        missing = [folder for folder in (target, *target.parents) if not folder.exists()]
        target.mkdir(mode=OWNER_ONLY, parents=True, exist_ok=True)
        empty = not any(target.iterdir())
        if empty:
            make_private(target / FILE)
    except OSError as error:
        _remove_folders(missing)
        message = f"The backup {target} can't be written: {error.strerror}."
        raise CannotBackUp(message) from error
    if not empty:
        message = f"{target} is not empty."
        raise CannotBackUp(message)
    return missing


def _remove(target: Path, made: list[Path]) -> None:
    """Take away what a backup wrote, and the folders that were made for it: nothing else that lies there."""
    for name in WRITTEN:
        with contextlib.suppress(OSError):
            (target / name).unlink(missing_ok=True)
    _remove_folders(made)


def _remove_folders(made: list[Path]) -> None:
    for folder in made:
        with contextlib.suppress(OSError):  # it was not made in the end, or holds another's file
            folder.rmdir()


def _manifest(database: Path) -> Manifest:
    with contextlib.closing(sqlite3.connect(database)) as connection:
        (epoch,) = connection.execute("SELECT epoch FROM store").fetchone()
        (position,) = connection.execute(
            "SELECT coalesce(max(position), 0) FROM entries"
        ).fetchone()
        return Manifest(
            epoch=epoch,
            schema=version(connection),
            entries=position,
            bytes=database.stat().st_size,
            sha256=_sha256(database),
        )


def _read_manifest(backup: Path) -> Manifest:
    try:
        manifest = msgspec.json.decode((backup / MANIFEST).read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError) as error:
        message = f"{backup} is no backup that `parley backup` has finished."
        raise CannotBackUp(message) from error
    if manifest.schema > len(migrations()) or manifest.format > FORMAT:
        which = f"format {manifest.format}, schema {manifest.schema}"
        message = f"{backup} is of a newer version of Parley: {which}."
        raise CannotBackUp(message)
    return manifest


def _write(path: Path, content: bytes) -> None:
    make_private(path)
    path.write_bytes(content)
    _sync(path)
    _sync(path.parent)


def _sync(path: Path) -> None:
    """Have a file or a folder on the disk itself."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
