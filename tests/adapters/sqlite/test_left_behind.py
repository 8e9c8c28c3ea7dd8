"""A database is opened with what belongs to it, under one name; whatever else lies there is refused and not touched."""

import os
import shutil
import sqlite3
from pathlib import Path

import pytest

from parley.adapters.sqlite.schema import CannotOpen
from tests.adapters.sqlite.conftest import Embedded, files, opened
from tests.support.pen import ANN, Pen, created, said


async def killed(folder: Path, *bodies: str) -> Path:
    """A folder as a process leaves it that is killed after it wrote these."""
    alive = folder.with_name(f"{folder.name} alive")
    alive.mkdir()
    embedded = await opened(alive)
    await embedded.write(Pen("home"), created(ANN), *map(said, bodies))
    shutil.copytree(alive, folder)
    await embedded.database.close()
    return folder


async def refused(folder: Path) -> str:
    """The line with which it is not opened; nothing that lies there is another then."""
    before = files(folder)
    with pytest.raises(CannotOpen) as problem:
        await opened(folder)
    after = files(folder)
    assert {name: after.get(name) for name in before if not name.endswith("-shm")} == {
        name: content for name, content in before.items() if not name.endswith("-shm")
    }
    return str(problem.value)


async def bodies(embedded: Embedded) -> list[str]:
    records = await embedded.log.read(Pen("home").conversation_id, 1)
    await embedded.database.close()
    return [record.entry.body for record in records]


async def test_a_write_ahead_log_without_its_database_is_kept(tmp_path: Path) -> None:
    folder = await killed(tmp_path / "data", "one")
    (folder / "parley.db").rename(tmp_path / "moved")
    said = await refused(folder)
    assert "parley.db is missing, and parley.db-wal" in said
    (folder / "parley.db").touch()
    assert await refused(folder) == said
    (tmp_path / "moved").replace(folder / "parley.db")
    assert await bodies(await opened(folder)) == ["one"]


async def test_a_database_behind_a_link_is_refused(tmp_path: Path) -> None:
    folder = await killed(tmp_path / "data", "one")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "parley.db").symlink_to(folder / "parley.db")
    assert "parley.db is a link" in await refused(tmp_path / "other")
    (tmp_path / "linked").symlink_to(folder)
    assert await bodies(await opened(tmp_path / "linked")) == ["one"]


async def test_a_database_that_has_a_second_name_is_refused(tmp_path: Path) -> None:
    folder = await killed(tmp_path / "data", "one")
    os.link(folder / "parley.db", tmp_path / "second")
    assert "has another name" in await refused(folder)
    (tmp_path / "second").unlink()
    assert await bodies(await opened(folder)) == ["one"]


async def test_a_folder_in_the_place_of_the_database_is_called_by_no_other_name(
    tmp_path: Path,
) -> None:
    (tmp_path / "parley.db").mkdir()
    with pytest.raises(CannotOpen, match="can't be opened: unable to open"):
        await opened(tmp_path)


@pytest.mark.parametrize("side_file", [True, False])
@pytest.mark.parametrize("whole", [True, False])
async def test_a_write_ahead_log_of_an_earlier_time_is_refused_before_it_spoils_anything(
    tmp_path: Path, *, side_file: bool, whole: bool
) -> None:
    """`whole` where all of the database as it was then is in it, so that the two fit each other."""
    pen, folder = Pen("home"), tmp_path / "data"
    folder.mkdir()
    embedded = await opened(folder)
    await embedded.write(pen, created(ANN), *(said("x" * 500) for _ in range(200)))
    if not whole:
        await embedded.database.close()
        embedded = await opened(folder)
        await embedded.write(pen, *(said("x" * 500) for _ in range(200)))
    older = (folder / "parley.db-wal").read_bytes()
    await embedded.write(pen, *(said("y" * 500) for _ in range(2_000)))
    await embedded.database.close()
    newer = (folder / "parley.db").read_bytes()
    (folder / "parley.db-wal").write_bytes(older)
    if not side_file:
        shutil.copy(folder / "parley.db", tmp_path / "copy")
        (tmp_path / "copy").replace(folder / "parley.db")
        (folder / "parley.db.highest").unlink()
    problem = await refused(folder)
    assert "of different ages" in problem or "malformed" in problem
    assert (folder / "parley.db").read_bytes() == newer
    (folder / "parley.db-wal").unlink()
    assert len(await bodies(await opened(folder))) == pen.head - 1


async def test_a_folder_that_was_copied_after_a_kill_is_taken_as_it_is(tmp_path: Path) -> None:
    folder = await killed(tmp_path / "data", "one", "two")
    shutil.copytree(folder, tmp_path / "copy")
    assert await bodies(await opened(tmp_path / "copy")) == ["one", "two"]


async def test_what_a_first_start_left_that_was_killed_is_no_hindrance(tmp_path: Path) -> None:
    (tmp_path / "parley.db").touch()
    (tmp_path / "parley.db-journal").write_bytes(b"\0" * 512)
    embedded = await opened(tmp_path)
    await embedded.write(Pen("home"), created(ANN), said("one"))
    assert await bodies(embedded) == ["one"]
    with sqlite3.connect(tmp_path / "parley.db") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
