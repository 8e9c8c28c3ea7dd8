"""Checkpoints: the write-ahead log is copied off the commits' way, and can't grow without end."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from parley.adapters.sqlite.checkpoints import Checkpoints
from parley.adapters.sqlite.connections import open_reader, open_writer


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "some.db"


@pytest.fixture
def writer(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(open_writer(path, "NORMAL")) as connection:
        connection.execute("CREATE TABLE things (x)")
        connection.execute("INSERT INTO things VALUES (randomblob(100000))")
        yield connection


def wal_bytes(path: Path) -> int:
    return path.with_name("some.db-wal").stat().st_size


def test_the_writers_connection_never_checkpoints_by_itself(
    path: Path, writer: sqlite3.Connection
) -> None:
    for _ in range(50):
        writer.execute("INSERT INTO things VALUES (randomblob(100000))")
    assert wal_bytes(path) > 5_000_000


def test_past_the_first_bound_it_is_copied(path: Path, writer: sqlite3.Connection) -> None:
    checkpoints = Checkpoints(path, "NORMAL", pytest.fail, copy_bytes=1)
    before = path.stat().st_size
    checkpoints.consider(writer)
    checkpoints.close()
    assert path.stat().st_size > before
    assert wal_bytes(path) > 0


def test_past_the_second_bound_it_is_emptied(path: Path, writer: sqlite3.Connection) -> None:
    checkpoints = Checkpoints(path, "NORMAL", pytest.fail, truncate_bytes=1)
    checkpoints.consider(writer)
    assert wal_bytes(path) == 0
    checkpoints.close()


class Failing:
    """A connection whose first checkpoint fails, and which then is the sound one."""

    def __init__(self, error: int, sound: sqlite3.Connection) -> None:
        self._errors = [error]
        self._sound = sound

    def execute(self, statement: str) -> object:
        if not self._errors or "wal_checkpoint" not in statement:
            return self._sound.execute(statement)
        reason = sqlite3.OperationalError("no more")
        reason.sqlite_errorcode, reason.sqlite_errorname = self._errors.pop(), "SQLITE_SOME"
        raise reason

    def close(self) -> None:
        self._sound.close()


def test_a_copy_that_the_disk_fails_is_told(path: Path, writer: sqlite3.Connection) -> None:
    told: list[sqlite3.Error] = []
    checkpoints = Checkpoints(path, "NORMAL", told.append, copy_bytes=1)
    ioerr_fsync = sqlite3.SQLITE_IOERR | 4 << 8
    checkpoints._connection = Failing(ioerr_fsync, checkpoints._connection)
    checkpoints.consider(writer)
    checkpoints.close()
    assert [str(error) for error in told] == ["no more"]


def test_a_copy_for_which_there_is_no_space_is_tried_again(
    path: Path, writer: sqlite3.Connection
) -> None:
    checkpoints = Checkpoints(path, "NORMAL", pytest.fail, copy_bytes=1)
    checkpoints._connection = Failing(sqlite3.SQLITE_FULL, checkpoints._connection)
    before = path.stat().st_size
    checkpoints._asked.put(True)
    checkpoints._asked.put(True)
    checkpoints.close()
    assert path.stat().st_size > before


def test_emptying_it_is_tried_again_too_when_there_is_space(
    path: Path, writer: sqlite3.Connection
) -> None:
    checkpoints = Checkpoints(path, "NORMAL", pytest.fail, truncate_bytes=1)
    full = Failing(sqlite3.SQLITE_FULL, writer)
    checkpoints.consider(full)
    assert wal_bytes(path) > 0
    checkpoints.consider(full)
    assert wal_bytes(path) == 0
    checkpoints.close()


def test_when_the_disk_fails_it_the_writer_hears_of_it(
    path: Path, writer: sqlite3.Connection
) -> None:
    checkpoints = Checkpoints(path, "NORMAL", pytest.fail, truncate_bytes=1)
    with pytest.raises(sqlite3.OperationalError, match="no more"):
        checkpoints.consider(Failing(sqlite3.SQLITE_IOERR, writer))
    checkpoints.close()


def test_below_the_bounds_nothing_is_done(path: Path, writer: sqlite3.Connection) -> None:
    checkpoints = Checkpoints(path, "NORMAL", pytest.fail)
    before = path.stat().st_size
    checkpoints.consider(writer)
    checkpoints.close()
    assert path.stat().st_size == before


def test_a_reader_in_the_middle_only_puts_it_off(path: Path, writer: sqlite3.Connection) -> None:
    checkpoints = Checkpoints(path, "NORMAL", pytest.fail, truncate_bytes=1)
    with closing(open_reader(path)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM things").fetchone()
        writer.execute("INSERT INTO things VALUES (randomblob(100000))")
        checkpoints.consider(writer)
        assert wal_bytes(path) > 0
        reader.execute("COMMIT")
    checkpoints.consider(writer)
    assert wal_bytes(path) == 0
    checkpoints.close()
