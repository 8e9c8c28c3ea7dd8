"""Backups: made while messages go on, whole or not there, and put back with a new epoch."""

import asyncio
import os
import resource
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from parley.adapters.sqlite.backups import MANIFEST, SqliteBackups, restore
from parley.ports.backups import CannotBackUp
from tests.adapters.sqlite.conftest import Embedded, opened
from tests.support.pen import ANN, Pen, created, said


def quiet(_what: str, _done: int, _total: int) -> None:
    """Nobody listens."""


async def test_a_backup_becomes_a_store_with_the_same_logs_and_another_epoch(
    tmp_path: Path,
) -> None:
    (tmp_path / "data").mkdir()
    embedded = await opened(tmp_path / "data")
    pen = Pen("home")
    await embedded.write(pen, created(ANN), said("one"))
    made = await SqliteBackups(embedded.database, tmp_path / "data").make(tmp_path / "copy", quiet)
    before = await embedded.log.read(pen.conversation_id, 0)
    await embedded.write(pen, said("after the backup"))
    epoch = embedded.database.identity.epoch
    await embedded.database.close()
    assert (made.entries, made.epoch) == (2, epoch)

    (tmp_path / "new").mkdir()
    restore(tmp_path / "copy", tmp_path / "new", os.urandom)
    restored = await opened(tmp_path / "new")
    assert await restored.log.read(pen.conversation_id, 0) == before
    assert restored.database.identity.epoch != epoch
    assert restored.database.identity.digest_key == embedded.database.identity.digest_key
    await restored.database.close()


async def test_messages_go_on_while_it_is_made_and_it_is_of_one_moment(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    embedded = await opened(tmp_path / "data")
    pen = Pen("home")
    await embedded.write(pen, created(ANN), *[said("x" * 4_000) for _ in range(1_000)])
    written = asyncio.Event()

    def write(_what: str, done: int, total: int) -> None:
        if not written.is_set() and done < total:
            written.set()

    making = asyncio.create_task(
        SqliteBackups(embedded.database, tmp_path / "data").make(tmp_path / "copy", write)
    )
    await written.wait()
    for number in range(5):
        await embedded.write(pen, said(f"meanwhile {number}"))
    assert not making.done()
    made = await making
    await embedded.database.close()
    with closing(sqlite3.connect(tmp_path / "copy" / "parley.db")) as copy:
        assert copy.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert copy.execute("SELECT max(position) FROM entries").fetchone() == (made.entries,)
    assert 1_001 <= made.entries <= 1_006


async def test_one_that_is_cancelled_leaves_nothing(tmp_path: Path, embedded: Embedded) -> None:
    pen = Pen("home")
    await embedded.write(pen, created(ANN), *[said("x" * 4_000) for _ in range(1_000)])
    begun = asyncio.Event()
    making = asyncio.create_task(
        SqliteBackups(embedded.database, embedded.folder).make(
            tmp_path / "copy", lambda *_: begun.set()
        )
    )
    await begun.wait()
    making.cancel()
    with pytest.raises(asyncio.CancelledError):
        await making
    assert not (tmp_path / "copy").exists()
    await embedded.write(pen, said("and the store goes on"))


async def test_nothing_is_written_over(tmp_path: Path, embedded: Embedded) -> None:
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / "something").write_text("dear to somebody")
    backups = SqliteBackups(embedded.database, embedded.folder)
    with pytest.raises(CannotBackUp, match="not empty"):
        await backups.make(tmp_path / "copy", quiet)
    with pytest.raises(CannotBackUp):
        await backups.make(tmp_path / "copy" / "something" / "below", quiet)
    assert (tmp_path / "copy" / "something").read_text() == "dear to somebody"
    await backups.make(tmp_path / "good", quiet)
    with pytest.raises(CannotBackUp, match="holds a database"):
        restore(tmp_path / "good", embedded.folder, os.urandom)


@contextmanager
def no_file_grows_past(size: int) -> Iterator[None]:
    """Writing beyond that fails, as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def fails_to_write(embedded: Embedded, target: Path) -> None:
    await embedded.write(Pen("home"), created(ANN), *[said("x" * 4_000) for _ in range(100)])
    with no_file_grows_past(65_536), pytest.raises(CannotBackUp):
        await SqliteBackups(embedded.database, embedded.folder).make(target, quiet)


async def fails_to_read(embedded: Embedded, target: Path) -> None:
    damaged = embedded.folder / "damaged"
    damaged.mkdir()
    (damaged / "parley.db").write_bytes(b"no database" * 1000)
    with pytest.raises(CannotBackUp):
        await SqliteBackups(embedded.database, damaged).make(target, quiet)


@pytest.mark.parametrize("fails", [fails_to_write, fails_to_read])
async def test_one_that_fails_leaves_an_empty_folder_of_before_empty(
    tmp_path: Path, embedded: Embedded, fails: Callable[[Embedded, Path], Awaitable[None]]
) -> None:
    target = tmp_path / "mounted" / "copy"
    target.mkdir(parents=True, mode=0o750)
    before = target.stat()
    await fails(embedded, target)
    assert list(target.iterdir()) == []
    assert (target.stat().st_ino, target.stat().st_mode) == (before.st_ino, before.st_mode)


@pytest.mark.parametrize("fails", [fails_to_write, fails_to_read])
async def test_one_that_fails_takes_away_the_folders_that_it_made_and_no_other(
    tmp_path: Path, embedded: Embedded, fails: Callable[[Embedded, Path], Awaitable[None]]
) -> None:
    (tmp_path / "mounted").mkdir()
    await fails(embedded, tmp_path / "mounted" / "new" / "copy")
    assert list((tmp_path / "mounted").iterdir()) == []


async def test_one_that_fails_leaves_what_somebody_else_put_beside_it(
    tmp_path: Path, embedded: Embedded
) -> None:
    pen = Pen("home")
    await embedded.write(pen, created(ANN), *[said("x" * 4_000) for _ in range(1_000)])
    begun = asyncio.Event()
    making = asyncio.create_task(
        SqliteBackups(embedded.database, embedded.folder).make(
            tmp_path / "copy", lambda *_: begun.set()
        )
    )
    await begun.wait()
    (tmp_path / "copy" / "notes").write_text("dear to somebody")
    making.cancel()
    with pytest.raises(asyncio.CancelledError):
        await making
    assert [path.name for path in (tmp_path / "copy").iterdir()] == ["notes"]


async def test_what_is_no_whole_backup_is_not_restored(tmp_path: Path, embedded: Embedded) -> None:
    await embedded.write(Pen("home"), created(ANN))
    backups = SqliteBackups(embedded.database, embedded.folder)
    await backups.make(tmp_path / "copy", quiet)
    manifest = (tmp_path / "copy" / MANIFEST).read_text()
    (tmp_path / "new").mkdir()
    for broken in ("", "{}", manifest.replace('"entries":1', '"entries":7')):
        (tmp_path / "copy" / MANIFEST).write_text(broken)
        with pytest.raises(CannotBackUp):
            restore(tmp_path / "copy", tmp_path / "new", os.urandom)
    (tmp_path / "copy" / MANIFEST).write_text(manifest.replace('"schema":', '"schema":9'))
    with pytest.raises(CannotBackUp, match="newer version"):
        restore(tmp_path / "copy", tmp_path / "new", os.urandom)
    (tmp_path / "copy" / MANIFEST).write_text(manifest)
    (tmp_path / "copy" / "parley.db").write_bytes(b"no database" * 1000)
    with pytest.raises(CannotBackUp):
        restore(tmp_path / "copy", tmp_path / "new", os.urandom)
    assert list((tmp_path / "new").iterdir()) == []


def open_to_others(folder: Path) -> set[str]:
    """The files that somebody else could read or write."""
    everyone = stat.S_IRWXG | stat.S_IRWXO
    return {path.name for path in folder.iterdir() if path.stat().st_mode & everyone}


async def test_no_file_is_for_anybody_else_whoever_may_look_into_the_folders(
    tmp_path: Path,
) -> None:
    data, copy, new = (tmp_path / name for name in ("data", "copy", "new"))
    for folder in (data, copy, new):
        folder.mkdir(mode=0o755)
    embedded = await opened(data)
    await embedded.write(Pen("home"), created(ANN), said("a secret"))
    assert (data / "parley.db-wal").exists()
    assert open_to_others(data) == set()
    await SqliteBackups(embedded.database, data).make(copy, quiet)
    await embedded.database.close()
    restore(copy, new, os.urandom)
    assert open_to_others(copy) == set()
    assert open_to_others(new) == set()


async def test_of_two_that_are_to_go_to_one_place_the_first_is_made(
    tmp_path: Path, embedded: Embedded
) -> None:
    await embedded.write(Pen("home"), created(ANN))
    backups = SqliteBackups(embedded.database, embedded.folder)
    places = (backups.make(tmp_path / "copy", quiet) for _ in range(2))
    first, second = await asyncio.gather(*places, return_exceptions=True)
    assert isinstance(second, CannotBackUp)
    assert not isinstance(first, BaseException)
    (tmp_path / "new").mkdir()
    assert restore(tmp_path / "copy", tmp_path / "new", os.urandom) == first


@pytest.mark.parametrize("left", ["parley.db", "parley.db-wal", "parley.db-journal"])
async def test_what_is_left_of_a_database_is_not_restored_over(
    tmp_path: Path, embedded: Embedded, left: str
) -> None:
    await SqliteBackups(embedded.database, embedded.folder).make(tmp_path / "copy", quiet)
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / left).symlink_to("nowhere")
    with pytest.raises(CannotBackUp, match=f"holds a database.*: {left}\\."):
        restore(tmp_path / "copy", tmp_path / "new", os.urandom)
    assert (tmp_path / "new" / left).is_symlink()


async def test_one_changed_bit_of_what_somebody_wrote_is_noticed(
    tmp_path: Path, embedded: Embedded
) -> None:
    await embedded.write(Pen("home"), created(ANN), said("something worth keeping"))
    await SqliteBackups(embedded.database, embedded.folder).make(tmp_path / "copy", quiet)
    database = tmp_path / "copy" / "parley.db"
    database.write_bytes(database.read_bytes().replace(b"worth keeping", b"worth keepinf"))
    (tmp_path / "new").mkdir()
    with pytest.raises(CannotBackUp, match="damaged"):
        restore(tmp_path / "copy", tmp_path / "new", os.urandom)
    assert list((tmp_path / "new").iterdir()) == []


async def test_a_backup_of_before_there_was_a_checksum_is_restored(
    tmp_path: Path, embedded: Embedded
) -> None:
    made = await SqliteBackups(embedded.database, embedded.folder).make(tmp_path / "copy", quiet)
    manifest = tmp_path / "copy" / MANIFEST
    manifest.write_text(manifest.read_text().replace(f',"sha256":"{made.sha256}"', ""))
    (tmp_path / "new").mkdir()
    assert restore(tmp_path / "copy", tmp_path / "new", os.urandom).sha256 == ""


async def test_a_restore_after_one_that_was_killed_is_of_its_own_backup_alone(
    tmp_path: Path, embedded: Embedded
) -> None:
    backups = SqliteBackups(embedded.database, embedded.folder)
    pen, new = Pen("home"), tmp_path / "new"
    await embedded.write(pen, created(ANN), said("one"))
    await backups.make(tmp_path / "one", quiet)
    await embedded.write(pen, *(said("x" * 4_000) for _ in range(20)))
    await backups.make(tmp_path / "two", quiet)
    new.mkdir()
    part = new / "parley.db.part"
    killed_while_it_renews(tmp_path / "one" / "parley.db", part)
    assert {path.name for path in new.iterdir()} == {part.name, f"{part.name}-journal"}
    restore(tmp_path / "two", new, os.urandom)
    assert [path.name for path in new.iterdir()] == ["parley.db"]
    with closing(sqlite3.connect(new / "parley.db")) as restored:
        assert restored.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert restored.execute("SELECT count(*) FROM entries").fetchone() == (22,)


def killed_while_it_renews(backup: Path, part: Path) -> None:
    """What a restore leaves that is killed between writing the epoch and committing it."""
    script = """
import os, shutil, sqlite3, sys
shutil.copyfile(*sys.argv[1:])
connection = sqlite3.connect(sys.argv[2])
connection.execute("PRAGMA cache_size = 1")
connection.execute("PRAGMA cache_spill = 1")
connection.execute("UPDATE store SET epoch = 'none'")
connection.execute("UPDATE entries SET messages = messages")
os._exit(0)
"""
    subprocess.run([sys.executable, "-c", script, backup, part], check=True)
