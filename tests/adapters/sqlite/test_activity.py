"""Last activity: written once a second, and right at every moment."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from parley.adapters.sqlite.activity import FLUSH_SECONDS, Activity
from parley.adapters.sqlite.connections import open_writer
from parley.adapters.sqlite.database import FILE
from parley.adapters.sqlite.schema import migrate, migrations
from tests.support.clock import ManualClock


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(open_writer(tmp_path / FILE, "NORMAL")) as found:
        migrate(found, migrations())
        found.execute("INSERT INTO store (one, epoch, digest_key) VALUES (1, 'e', x'00')")
        found.execute("INSERT INTO conversations (key, id) VALUES (1, 'one'), (2, 'two')")
        yield found


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def activity(connection: sqlite3.Connection, clock: ManualClock) -> Activity:
    return Activity(connection, clock.monotonic)


def group(activity: Activity, conversation: int, position: int) -> None:
    activity.touch(conversation, position)
    activity.flush(position)
    activity.committed()


def written(connection: sqlite3.Connection) -> dict[int, int]:
    return dict(connection.execute("SELECT key, activity FROM conversations"))


def test_it_waits_in_memory_for_a_second(
    connection: sqlite3.Connection, activity: Activity
) -> None:
    group(activity, 1, 7)
    assert written(connection) == {1: 0, 2: 0}
    assert activity.unwritten() == {1: 7}


def test_then_it_is_written_with_the_position_it_reflects(
    connection: sqlite3.Connection, activity: Activity, clock: ManualClock
) -> None:
    group(activity, 1, 7)
    clock.advance(seconds=FLUSH_SECONDS)
    group(activity, 2, 8)
    assert written(connection) == {1: 7, 2: 8}
    assert activity.unwritten() == {}
    assert connection.execute("SELECT activity_position FROM store").fetchone() == (8,)


def test_a_group_that_came_to_nothing_is_forgotten(activity: Activity, clock: ManualClock) -> None:
    group(activity, 1, 7)
    clock.advance(seconds=FLUSH_SECONDS)
    activity.touch(2, 8)
    activity.flush(8)
    activity.rolled_back()
    assert activity.unwritten() == {1: 7}


def test_what_is_uncommitted_shows_nowhere(activity: Activity) -> None:
    activity.touch(1, 7)
    assert activity.unwritten() == {}
