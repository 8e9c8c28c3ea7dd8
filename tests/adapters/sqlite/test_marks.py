"""What marks and mentions cost, and what an older database brings along."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from parley.adapters.sqlite import marks
from parley.adapters.sqlite.connections import open_writer
from parley.adapters.sqlite.database import FILE
from parley.adapters.sqlite.marks import SqliteMarks
from parley.adapters.sqlite.schema import migrate, migrations
from parley.model.ids import ConversationId
from tests.adapters.sqlite.conftest import Embedded
from tests.support.pen import ANN, BEN, CAT, Pen, created, said


async def mention_rows(embedded: Embedded) -> list[tuple[str, int]]:
    return await embedded.database.read(
        lambda connection: connection.execute(
            "SELECT id, seq FROM mentions JOIN people ON people.key = person ORDER BY seq, id"
        ).fetchall()
    )


async def test_only_messages_that_mention_write_mentions(embedded: Embedded) -> None:
    await embedded.write(
        Pen("home"),
        created(ANN, BEN, CAT),
        said("plain"),
        said("@ben @cat @ann", mentions=(BEN, CAT, ANN)),
    )
    assert await mention_rows(embedded) == [("ben", 3), ("cat", 3)]


async def test_a_plain_message_is_one_statement(embedded: Embedded) -> None:
    pen = Pen("home")
    await embedded.write(pen, created(ANN, BEN), said("one"))
    statements: list[str] = []
    embedded.writing.set_trace_callback(statements.append)
    await embedded.write(pen, said("two"))
    embedded.writing.set_trace_callback(None)
    written = [one for one in statements if "INSERT" in one or "SAVEPOINT" in one]
    assert len(written) == 1


async def test_a_refused_message_leaves_no_mentions(embedded: Embedded) -> None:
    pen = Pen("home")
    await embedded.write(pen, created(ANN, BEN), said("one", client_id="same"))
    twin = said("@ben", client_id="same", mentions=(BEN,))
    appended = await embedded.append(pen, twin)
    assert appended.count == 0
    assert await mention_rows(embedded) == []


def _plan(connection: sqlite3.Connection, sql: str, values: Any = (1, 1, 1)) -> str:
    found = connection.execute(f"EXPLAIN QUERY PLAN {sql}", values)
    return " ".join(str(row[-1]) for row in found)


async def test_ones_own_last_message_is_sought_from_the_head_and_then_among_ones_own(
    embedded: Embedded,
) -> None:
    near, far = await embedded.database.read(
        lambda connection: (
            _plan(connection, marks._OWN_NEAR),
            _plan(connection, marks._OWN_FAR),
        )
    )
    assert "conversation=? AND seq>?" in near
    assert "ORDER BY" not in near
    assert "conversation=? AND actor=?" in far


async def test_standings_begin_with_what_is_asked_for(embedded: Embedded) -> None:
    asked = {"user_id": BEN, "conversation_ids": "[]"}
    plan = await embedded.database.read(lambda connection: _plan(connection, marks._INSIDE, asked))
    assert plan.startswith("SCAN asked")
    assert len(re.findall(r"\bSCAN\b", plan)) == 1


async def test_standings_cost_a_few_statements_a_conversation(embedded: Embedded) -> None:
    pens = [Pen(f"c{number}") for number in range(20)]
    for pen in pens:
        await embedded.write(pen, created(ANN, BEN), said("one"))
    statements: list[str] = []
    for connection in embedded.database._readers._connections:
        connection.set_trace_callback(statements.append)
    asked = [ConversationId(pen.conversation_id) for pen in pens]
    await SqliteMarks(embedded.database).standings(BEN, asked)
    for connection in embedded.database._readers._connections:
        connection.set_trace_callback(None)
    assert len(statements) <= 3 + 2 * len(pens)


def test_an_older_database_brings_its_mentions_along(tmp_path: Path) -> None:
    with closing(open_writer(tmp_path / FILE, "NORMAL")) as connection:
        migrate(connection, migrations()[:1])
        connection.executescript(
            """
            INSERT INTO people (key, id) VALUES (1, 'ann'), (2, 'ben');
            INSERT INTO conversations (key, id) VALUES (1, 'home');
            INSERT INTO entries (position, conversation, seq, type, at, actor, client_id, messages, body, extra)
            VALUES (1, 1, 1, 12, 't', 1, 'a', 0, NULL, '{"kind":"group","members":[]}'),
                   (2, 1, 2, 1, 't', 1, 'b', 1, 'hi', NULL),
                   (3, 1, 3, 1, 't', 1, 'c', 2, '@ben @ann', '{"mentions":["ben","ann"]}');
            """
        )
        migrate(connection, migrations())
        assert connection.execute("SELECT * FROM mentions").fetchall() == [(2, 1, 3)]
