"""The schema: how a database gets there, and what an operator finds in it."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from parley.adapters.sqlite.connections import open_reader, open_writer
from parley.adapters.sqlite.database import FILE
from parley.adapters.sqlite.rows import CODES
from parley.adapters.sqlite.schema import FromTheFuture, migrate, migrations, version
from parley.model.entries import MessageDeleted, MessageEdited, ReactionAdded
from tests.adapters.sqlite.conftest import Embedded, files, opened
from tests.support.pen import ANN, BEN, Pen, created, said


def test_a_new_database_is_brought_to_the_newest_version(tmp_path: Path) -> None:
    with closing(open_writer(tmp_path / FILE, "FULL")) as connection:
        migrate(connection, migrations())
        assert version(connection) == len(migrations())
        migrate(connection, migrations())
        assert version(connection) == len(migrations())


def test_only_the_steps_that_are_missing_are_taken(tmp_path: Path) -> None:
    steps = ["CREATE TABLE one (x)", "CREATE TABLE two (x); INSERT INTO two VALUES (1)"]
    with closing(open_writer(tmp_path / FILE, "FULL")) as connection:
        migrate(connection, steps[:1])
        migrate(connection, steps)
        assert version(connection) == 2
        assert connection.execute("SELECT x FROM two").fetchall() == [(1,)]


def test_a_step_is_taken_whole_or_not_at_all(tmp_path: Path) -> None:
    steps = ["CREATE TABLE one (x)", "CREATE TABLE two (x); INSERT INTO nowhere VALUES (1)"]
    with closing(open_writer(tmp_path / FILE, "FULL")) as connection:
        with pytest.raises(sqlite3.OperationalError):
            migrate(connection, steps)
        assert version(connection) == 1
        assert connection.execute("SELECT name FROM sqlite_schema").fetchall() == [("one",)]


async def test_a_database_from_the_future_is_refused_untouched(tmp_path: Path) -> None:
    with closing(open_writer(tmp_path / FILE, "FULL")) as connection:
        migrate(connection, [*migrations(), "CREATE TABLE tomorrow (x)"])
        future = version(connection)
    with pytest.raises(FromTheFuture, match=f"version {future}"):
        await opened(tmp_path)
    with closing(open_reader(tmp_path / FILE)) as connection:
        assert version(connection) == future


async def test_the_codes_of_types_are_those_of_the_table(embedded: Embedded) -> None:
    kept = await embedded.database.read(
        lambda connection: dict(connection.execute("SELECT name, code FROM types"))
    )
    assert kept == {kind.__struct_config__.tag: code for kind, code in CODES.items()}


async def test_operators_can_read_the_log(embedded: Embedded) -> None:
    pen = Pen("home")
    await embedded.write(
        pen,
        created(ANN, BEN),
        said("first", BEN),
        MessageEdited(actor_id=BEN, message_seq=2, body="second"),
        ReactionAdded(actor_id=ANN, message_seq=2, emoji="+"),
    )
    found = await embedded.database.read(
        lambda connection: connection.execute(
            "SELECT conversation_id, seq, type, actor_id, message_seq, body, original FROM log ORDER BY position"
        ).fetchall()
    )
    assert found == [
        ("home", 1, "conversation.created", "ann", None, None, None),
        ("home", 2, "message.new", "ben", None, "second", "first"),
        ("home", 3, "message.edited", "ben", 2, "second", None),
        ("home", 4, "reaction.added", "ann", 2, "+", None),
    ]


async def test_deleted_words_are_in_no_file_any_more(tmp_path: Path) -> None:
    embedded = await opened(tmp_path)
    pen = Pen("home")
    await embedded.write(
        pen,
        created(ANN),
        said("the-first-secret" * 40),
        MessageEdited(actor_id=ANN, message_seq=2, body="the-second-secret" * 400),
        said("harmless"),
    )
    await embedded.write(pen, MessageDeleted(actor_id=ANN, message_seq=2))
    await embedded.database.close()
    kept = b"".join(files(tmp_path).values())
    assert b"harmless" in kept
    assert b"secret" not in kept


async def test_the_tables_refuse_what_can_not_be(embedded: Embedded) -> None:
    pen = Pen("home")
    await embedded.write(pen, created(ANN), said("one"))
    broken = [
        "UPDATE entries SET seq = 0",
        "UPDATE entries SET type = 99",
        "UPDATE entries SET messages = seq + 1",
        "UPDATE entries SET client_id = ''",
        "UPDATE entries SET actor = 99",
        "UPDATE entries SET conversation = 99",
        "UPDATE members SET role = 'king'",
        "UPDATE conversations SET kind = 'crowd'",
        "INSERT INTO store (one, epoch, digest_key) VALUES (2, 'x', x'00')",
    ]
    for statement in broken:
        with pytest.raises(sqlite3.IntegrityError):
            await embedded.database.write(lambda c, sql=statement: c.execute(sql).rowcount)
    assert len(await embedded.log.read(pen.conversation_id, 0)) == 2
