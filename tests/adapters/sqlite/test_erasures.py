"""What is left in the file of somebody who was erased: nothing."""

from contextlib import closing
from pathlib import Path

from parley.adapters.sqlite.accounts import SqliteAccounts
from parley.adapters.sqlite.connections import open_reader
from parley.adapters.sqlite.database import FILE, Database
from parley.adapters.sqlite.erasures import FORGOTTEN, SqliteErasures
from parley.adapters.sqlite.log import SqliteLog
from parley.model.accounts import Account
from parley.model.entries import MemberLeft, MessageEdited, MessageNew
from parley.model.instants import timestamp
from tests.support.pen import ANN, BEN, Pen, created, said

ABOUT_PEOPLE = {"person", "user_id", "contact_id", "blocked_id", "actor", "subject"}
KEPT = {
    # By ids alone; the log itself is emptied by its own entries.
    ("entries", "actor"),
    ("entries", "subject"),
    ("members", "person"),
    ("pins", "person"),
    ("reactions", "person"),
    ("bans", "person"),
    ("bans", "actor"),
    # Removed by whoever ends them, and the note of the erasure itself.
    ("sessions", "user_id"),
    ("erasures", "user_id"),
}


async def opened(folder: Path) -> Database:
    return await Database.open(folder, fatal=_fail)


def _fail(error: Exception) -> None:
    raise error


async def test_every_column_that_names_a_person_is_forgotten_or_known_to_stay(
    tmp_path: Path,
) -> None:
    database = await opened(tmp_path)
    await database.close()
    with closing(open_reader(tmp_path / FILE)) as connection:
        tables = [
            row[0]
            for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
        ]
        found = {
            (table, row[1])
            for table in tables
            for row in connection.execute(f"PRAGMA table_info({table})")
            if row[1] in ABOUT_PEOPLE
        }
    assert found == set(FORGOTTEN) | KEPT


async def test_no_word_of_an_erased_person_is_left_in_the_file(tmp_path: Path) -> None:
    database = await opened(tmp_path)
    log, accounts = SqliteLog(database), SqliteAccounts(database)
    pens = [Pen("a group"), Pen("one that has ended")]
    await accounts.create(
        Account(
            user_id=BEN,
            username="ben-unmistakable",
            email="unmistakable@example.org",
            display_name="Unmistakable Ben",
            password_hash="$unmistakable$",
            created_at=timestamp(0),
            bio="unmistakable bio",
        )
    )
    for pen in pens:
        words = [said(f"unmistakable {number}", BEN) for number in range(50)]
        edit = MessageEdited(actor_id=BEN, message_seq=2, body="unmistakable edit")
        data = MessageNew(actor_id=BEN, body="", data={"word": "unmistakable"})
        for entry in (created(ANN, BEN), *words, edit, data, said("mine", ANN)):
            appended = await log.append(pen.conversation_id, pen.head, pen.records(entry))
            assert appended.stopped is None
    left = MemberLeft(actor_id=BEN, user_id=BEN, reason="erased")
    assert "unmistakable" in _file(tmp_path).decode(errors="replace")

    await SqliteErasures(database).begin(BEN, 1, 2)
    await SqliteErasures(database).forget(BEN)
    appended = await log.append(pens[0].conversation_id, pens[0].head, pens[0].records(left))
    assert appended.stopped is None
    await log.erase(pens[1].conversation_id, BEN, timestamp(1))
    await database.close()

    kept = _file(tmp_path)
    assert b"mine" in kept
    assert b"nmistakable" not in kept


def _file(folder: Path) -> bytes:
    """The database, and what is not yet written into it."""
    return b"".join(file.read_bytes() for file in sorted(folder.glob(f"{FILE}*")))
