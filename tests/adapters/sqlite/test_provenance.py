"""An older copy of the database, put back as a file, is noticed; the same file opened again is not."""

import logging
import shutil
from pathlib import Path

import pytest

from parley.adapters.sqlite.provenance import side_file
from parley.adapters.sqlite.unsynced import mark
from tests.adapters.sqlite.conftest import opened
from tests.support.pen import ANN, Pen, created, said


async def epoch_of(folder: Path, **options: object) -> str:
    embedded = await opened(folder, **options)
    epoch = embedded.database.identity.epoch
    await embedded.database.close()
    return epoch


async def write(folder: Path, pen: Pen, *entries) -> None:
    embedded = await opened(folder)
    await embedded.write(pen, *entries)
    await embedded.database.close()


async def test_the_same_file_keeps_its_epoch_however_often_it_is_opened(tmp_path: Path) -> None:
    first = await epoch_of(tmp_path)
    await write(tmp_path, Pen("home"), created(ANN), said("one"))
    assert await epoch_of(tmp_path) == first
    assert await epoch_of(tmp_path) == first


async def test_a_copy_put_in_its_place_is_another_file(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first = await epoch_of(tmp_path)
    database = tmp_path / "parley.db"
    shutil.copy2(database, tmp_path / "copy")
    (tmp_path / "copy").replace(database)
    second = await epoch_of(tmp_path)
    assert second != first
    assert "another file" in caplog.text
    assert await epoch_of(tmp_path) == second


async def test_an_older_folder_put_back_as_it_was_is_noticed_though_its_file_has_the_same_number(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder, older = tmp_path / "data", tmp_path / "older"
    folder.mkdir()
    first = await epoch_of(folder)
    shutil.copytree(folder, older)
    await write(folder, Pen("home"), created(ANN), said("one"))
    shutil.rmtree(folder)
    shutil.copytree(older, folder)
    assert await epoch_of(folder) != first
    assert "another file" in caplog.text


async def test_an_older_copy_written_into_the_same_file_has_a_lower_number(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first = await epoch_of(tmp_path)
    database = tmp_path / "parley.db"
    older = database.read_bytes()
    await write(tmp_path, Pen("home"), created(ANN), said("one"))
    with database.open("r+b") as file:
        file.write(older)
        file.truncate()
    second = await epoch_of(tmp_path)
    assert second != first
    assert "ends at entry 0, and ended at 2 before" in caplog.text
    assert await epoch_of(tmp_path) == second


async def test_a_side_file_that_says_nothing_changes_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    first = await epoch_of(tmp_path)
    for content in (b"", b"nonsense", b"\xff" * 21, b"-0000000000000000009\n"):
        side_file(tmp_path / "parley.db").write_bytes(content)
        assert await epoch_of(tmp_path) == first
    side_file(tmp_path / "parley.db").unlink()
    assert await epoch_of(tmp_path) == first
    assert caplog.records == []


async def test_the_side_file_is_never_ahead_and_up_to_date_at_the_end(tmp_path: Path) -> None:
    embedded = await opened(tmp_path)
    pen = Pen("home")
    positions = (await embedded.append(pen, created(ANN), said("one"))).positions
    kept = int(side_file(tmp_path / "parley.db").read_text())
    assert kept <= positions[-1]
    await embedded.database.close()
    assert int(side_file(tmp_path / "parley.db").read_text()) == positions[-1]


async def end_suddenly(folder: Path, boot: str) -> str:
    """Leave what a process leaves that is killed with commits that were not synced; the epoch of its store."""
    embedded = await opened(folder, synchronous="NORMAL", boot=lambda: boot)
    await embedded.write(Pen("home"), created(ANN), said("one"))
    left = mark(folder / "parley.db").read_bytes()
    await embedded.database.close()
    mark(folder / "parley.db").write_bytes(left)
    return embedded.database.identity.epoch


@pytest.mark.parametrize("synchronous", ["FULL", "NORMAL"])
async def test_a_machine_that_went_down_amid_commits_that_were_not_synced_is_noticed_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, synchronous: str
) -> None:
    first = await end_suddenly(tmp_path, "monday")
    second = await epoch_of(tmp_path, synchronous=synchronous, boot=lambda: "tuesday")
    assert second != first
    assert "the machine went down before everything that was answered was synced" in caplog.text
    assert await epoch_of(tmp_path, boot=lambda: "wednesday") == second


@pytest.mark.parametrize("synchronous", ["FULL", "NORMAL"])
async def test_a_process_that_was_killed_has_lost_nothing_of_them(
    tmp_path: Path, synchronous: str
) -> None:
    first = await end_suddenly(tmp_path, "monday")
    assert await epoch_of(tmp_path, synchronous=synchronous, boot=lambda: "monday") == first
    assert await epoch_of(tmp_path, boot=lambda: "tuesday") == first


async def test_where_the_system_does_not_say_when_it_started_a_sudden_end_counts_as_its_own(
    tmp_path: Path,
) -> None:
    first = await end_suddenly(tmp_path, "")
    assert await epoch_of(tmp_path, boot=lambda: "") != first


async def test_with_every_commit_synced_nothing_is_noted(tmp_path: Path) -> None:
    embedded = await opened(tmp_path, synchronous="FULL")
    assert not mark(tmp_path / "parley.db").exists()
    await embedded.database.close()
