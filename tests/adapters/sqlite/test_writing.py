"""The writer: what shares a commit, and what happens when one fails."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from parley.adapters.sqlite.database import RESERVE_BYTES
from parley.model.entries import MemberJoined
from parley.model.errors import Conflict, Unavailable
from parley.ports.log import Appended, Down, Duplicate
from tests.adapters.sqlite.conftest import Embedded, opened
from tests.support.pen import ANN, BEN, Pen, created, said


def traced(connection: sqlite3.Connection) -> list[str]:
    """The statements that this connection runs from now on, by their first words."""
    statements: list[str] = []
    connection.set_trace_callback(lambda sql: statements.append(" ".join(sql.split()[:3])))
    return statements


def forbid(connection: sqlite3.Connection, action: int, *arguments: str) -> None:
    """Make such a statement fail as if the disk were broken."""

    def authorize(asked: int, *details: str | None) -> int:
        found = asked == action and set(arguments) <= set(details)
        return sqlite3.SQLITE_DENY if found else sqlite3.SQLITE_OK

    connection.set_authorizer(authorize)


async def test_a_message_is_one_statement_and_the_commit(embedded: Embedded) -> None:
    pen = Pen("home")
    await embedded.write(pen, created(ANN), said("warm"))
    statements = traced(embedded.writing)
    await embedded.write(pen, said("one"), said("two"))
    embedded.writing.set_trace_callback(None)
    assert statements == ["BEGIN IMMEDIATE", *["INSERT INTO entries"] * 2, "COMMIT"]


async def test_what_comes_in_one_tick_shares_a_commit(embedded: Embedded) -> None:
    statements = traced(embedded.writing)
    answers = [embedded.append(Pen(f"c{number}"), created(ANN)) for number in range(5)]
    await answers[-1]
    embedded.writing.set_trace_callback(None)
    assert all(answer.done for answer in answers)
    assert statements.count("COMMIT") == 1


async def test_a_refusal_does_not_hold_up_its_group(embedded: Embedded) -> None:
    known, other = Pen("known"), Pen("other")
    await embedded.write(known, created(ANN), said("first", client_id="mine"))
    half = embedded.append(known, said("in"), said("again", client_id="mine"), said("out"))
    whole = embedded.append(other, created(BEN), said("hi", BEN))
    assert (await half).count == 1
    assert isinstance((await half).stopped, Duplicate)
    assert (await whole).stopped is None
    assert (await whole).positions[0] == (await half).positions[-1] + 1


async def test_an_answer_that_fails_its_hearer_fails_nobody_else(
    embedded: Embedded, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_answer: object) -> None:
        raise LookupError("a hearer's own mistake")

    first = embedded.append(Pen("one"), created(ANN))
    first.then(fail)
    second = embedded.append(Pen("two"), created(ANN))
    assert (await second).stopped is None
    assert "a hearer's own mistake" in caplog.text


async def test_a_change_with_a_fault_of_its_own_fails_alone_and_changes_nothing(
    embedded: Embedded,
) -> None:
    def faulty(connection: sqlite3.Connection) -> None:
        connection.execute("UPDATE store SET epoch = 'another'")
        connection.execute("UPDATE store SET epoch = ?", (1 << 64,))

    with pytest.raises(OverflowError):
        await asyncio.wait_for(embedded.database.write(faulty), 5)
    epoch = await embedded.database.read(
        lambda connection: connection.execute("SELECT epoch FROM store").fetchone()
    )
    assert epoch == (embedded.database.identity.epoch,)
    assert not embedded.died.done()


async def test_text_that_can_not_be_kept_is_refused_alone(
    embedded: Embedded, caplog: pytest.LogCaptureFixture
) -> None:
    pen, other = Pen("home"), Pen("other")
    await embedded.write(pen, created(ANN))
    refused = embedded.append(pen, said("good"), said("half a pair: \ud800"))
    passed = embedded.append(other, created(BEN))
    assert (await refused).count == 1
    assert isinstance((await refused).stopped, Down)
    assert (await passed).stopped is None
    assert "can't be kept" in caplog.text


async def test_an_entry_whose_view_is_refused_is_not_in_the_log(embedded: Embedded) -> None:
    pen = Pen("home")
    await embedded.write(pen, created(ANN))
    king = MemberJoined(actor_id=ANN, user_id=BEN, role="king")
    assert (await embedded.append(pen, said("one"), king)).count == 1
    assert len(await embedded.log.read(pen.conversation_id, 0)) == 2
    pen.back_to(2, 1)
    await embedded.write(pen, said("two", BEN))
    assert len(await embedded.log.read(pen.conversation_id, 0)) == 3


@contextmanager
def full(connection: sqlite3.Connection) -> Iterator[None]:
    """Let the file not grow for a while."""
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")
    yield
    connection.execute("PRAGMA max_page_count = 1000000")


async def test_a_full_database_is_down_for_the_whole_group_and_comes_back(
    embedded: Embedded,
) -> None:
    home, other = Pen("home"), Pen("other")
    await embedded.write(home, created(ANN), said("one"))
    with full(embedded.writing):
        small = embedded.append(other, created(BEN))
        large = embedded.append(home, said("x" * 50_000))
        assert await small == await large == Appended(0, (), Down())
    home.back_to(2, 1)
    other.back_to(0, 0)
    await embedded.write(home, said("two"))
    await embedded.write(other, created(BEN))
    assert len(await embedded.log.read(home.conversation_id, 0)) == 3
    assert len(await embedded.log.read(other.conversation_id, 0)) == 1
    assert not embedded.died.done()


async def test_people_learned_in_a_group_that_failed_are_learned_again(embedded: Embedded) -> None:
    pen = Pen("home")
    await embedded.write(pen, created(ANN))
    with full(embedded.writing):
        assert (await embedded.append(pen, said("x" * 50_000, BEN))).count == 0
    pen.back_to(1, 0)
    await embedded.write(pen, said("hi", BEN))
    assert (await embedded.log.read(pen.conversation_id, 1))[0].entry.actor_id == BEN


async def test_nothing_is_written_where_the_disk_is_nearly_full(tmp_path: Path) -> None:
    embedded = await opened(tmp_path, free_bytes=lambda _folder: RESERVE_BYTES)
    appended = await embedded.append(Pen("home"), created(ANN))
    assert isinstance(appended.stopped, Down)
    with pytest.raises(Unavailable):
        await embedded.database.write(lambda connection: connection.total_changes)
    await embedded.database.close()


@pytest.mark.parametrize(
    "broken",
    [(sqlite3.SQLITE_TRANSACTION, "COMMIT"), (sqlite3.SQLITE_INSERT, "entries")],
    ids=["commit", "insert"],
)
async def test_an_error_of_the_disk_ends_it_and_answers_nobody(
    tmp_path: Path, broken: tuple[int, str]
) -> None:
    embedded = await opened(tmp_path)
    pen, other = Pen("home"), Pen("other")
    await embedded.write(pen, created(ANN))
    forbid(embedded.writing, *broken)
    answers = [embedded.append(pen, said("lost")), embedded.append(other, created(BEN))]
    error = await embedded.died
    assert isinstance(error, sqlite3.DatabaseError)
    answers.append(embedded.append(Pen("late"), created(BEN)))
    embedded.writing.set_authorizer(None)
    await embedded.database.close()
    assert not any(answer.done for answer in answers)


async def test_a_change_that_is_refused_leaves_nothing(embedded: Embedded) -> None:
    def change(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO people (id) VALUES ('half')")
        raise Conflict

    pen = Pen("home")
    appended = embedded.append(pen, created(ANN))
    with pytest.raises(Conflict):
        await embedded.database.write(change)
    assert (await appended).stopped is None
    found = await embedded.database.read(
        lambda connection: connection.execute("SELECT id FROM people").fetchall()
    )
    assert found == [("ann",)]


async def test_readers_can_not_write(embedded: Embedded) -> None:
    pen = Pen("home")
    await embedded.write(pen, created(ANN))
    with pytest.raises(Unavailable):
        await embedded.database.read(lambda connection: connection.execute("DELETE FROM pins"))


async def test_a_reading_sees_one_moment(embedded: Embedded) -> None:
    pen = Pen("home")
    await embedded.write(pen, created(ANN))
    loop = asyncio.get_running_loop()
    begun, written = asyncio.Event(), asyncio.Event()

    def reading(connection: sqlite3.Connection) -> tuple[int, int]:
        count = "SELECT count(*) FROM entries"
        (before,) = connection.execute(count).fetchone()
        loop.call_soon_threadsafe(begun.set)
        asyncio.run_coroutine_threadsafe(written.wait(), loop).result()
        (after,) = connection.execute(count).fetchone()
        return before, after

    read = asyncio.ensure_future(embedded.database.read(reading))
    await begun.wait()
    await embedded.write(pen, said("meanwhile"))
    written.set()
    assert await read == (1, 1)
