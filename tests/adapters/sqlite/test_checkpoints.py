"""Checkpoints: the write-ahead log is copied off the commits' way, and can't grow without end."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from parley.adapters.sqlite.checkpoints import Checkpoints, truncate
from parley.adapters.sqlite.connections import open_reader, open_writer
from parley.adapters.sqlite.wal import WriteAheadLog


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


def test_while_somebody_reads_for_long_it_is_not_emptied(
    path: Path, writer: sqlite3.Connection
) -> None:
    checkpoints = Checkpoints(path, "NORMAL", pytest.fail, truncate_bytes=1)
    checkpoints.hold()
    checkpoints.consider(writer)
    assert wal_bytes(path) > 0
    checkpoints.release()
    checkpoints.consider(writer)
    assert wal_bytes(path) == 0
    checkpoints.close()


class Failing:
    """A connection whose first checkpoint fails, and which then is the sound one."""

    def __init__(self, error: int, sound: sqlite3.Connection) -> None:
        self._errors = [error]
        self._sound = sound

    def execute(self, statement: str) -> sqlite3.Cursor:
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


def test_what_was_copied_is_not_copied_again_however_large_the_file_stays(
    path: Path, writer: sqlite3.Connection
) -> None:
    for _ in range(20):
        writer.execute("INSERT INTO things VALUES (randomblob(100000))")
    checkpoints = Checkpoints(path, "NORMAL", pytest.fail, copy_bytes=1_000_000)
    assert asked(checkpoints, writer)
    assert not asked(checkpoints, writer)
    writer.execute("INSERT INTO things VALUES (1)")  # from the file's beginning on
    assert wal_bytes(path) > 1_000_000
    assert not asked(checkpoints, writer)
    for _ in range(11):
        writer.execute("INSERT INTO things VALUES (randomblob(100000))")
    assert asked(checkpoints, writer)
    checkpoints.close()


def asked(checkpoints: Checkpoints, writer: sqlite3.Connection) -> bool:
    """Whether it finds that there is something to copy; that is done then."""
    checkpoints.consider(writer)
    found = checkpoints.under_way
    while checkpoints.under_way:
        time.sleep(0.001)
    return found


def test_how_much_is_in_use_is_read_from_the_file(path: Path, writer: sqlite3.Connection) -> None:
    wal = WriteAheadLog(path.with_name("some.db-wal"))
    page = 4096
    _, frames, frame_bytes = wal.in_use()
    assert frame_bytes == page + 24
    assert frames * frame_bytes + 32 == wal.size() > 100_000
    beginning, *_ = wal.in_use()
    writer.execute("PRAGMA wal_checkpoint(PASSIVE)")
    writer.execute("INSERT INTO things VALUES (1)")
    assert wal.in_use()[0] != beginning
    assert wal.in_use()[1] == 1
    assert wal.size() > 100_000
    truncate(writer)
    assert wal.in_use()[1] == wal.size() == 0


def test_where_there_is_no_write_ahead_log_none_of_it_is_in_use(tmp_path: Path) -> None:
    assert WriteAheadLog(tmp_path / "nothing").in_use() == (b"", 0, 0)
