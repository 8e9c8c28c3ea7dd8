"""`parley migrate`, as an operator runs it."""

import subprocess
import sys
from pathlib import Path

import pytest

from parley.adapters.sqlite.database import Database
from parley.adapters.sqlite.log import SqliteLog
from tests.support.mongodb import a_uri
from tests.support.pen import ANN, Pen, created, said
from tests.support.server import environment


def migrate(source: str, target: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "parley", "migrate", "--from", source, "--to", target],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env=environment(folder / "data"),
    )


@pytest.fixture
async def folder(tmp_path: Path) -> Path:
    """With a data folder in which something was said."""
    (tmp_path / "data").mkdir()
    failures: list[Exception] = []
    database = await Database.open(tmp_path / "data", fatal=failures.append)
    pen = Pen("home")
    await SqliteLog(database).append(
        pen.conversation_id, 0, pen.records(created(ANN), said("hello"))
    )
    await database.close()
    assert failures == []
    return tmp_path


async def test_it_moves_a_store_and_shows_that_both_are_the_same(
    folder: Path, mongodb: str
) -> None:
    target = a_uri(mongodb)
    done = migrate("sqlite:data", target, folder)
    assert done.returncode == 0, done.stderr
    rows = [line.split() for line in done.stdout.splitlines()]
    assert ["entries", "2", "2", "same"] in [[w for w in row if w not in "│┃"] for row in rows]
    again = migrate("sqlite:data", target, folder)
    assert again.returncode == 1
    assert "taken over a store before" in again.stderr


def test_what_is_no_store_is_wrong_usage(tmp_path: Path) -> None:
    assert migrate("files:data", "mongodb://127.0.0.1:1/x", tmp_path).returncode == 2


def test_a_folder_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    done = migrate("sqlite:nowhere", "mongodb://127.0.0.1:1/x", tmp_path)
    assert done.returncode == 1
    assert not (tmp_path / "nowhere").exists()
