"""Inspection: nothing is found in a store in which much happened, and whatever is planted there is found and named."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from parley.adapters.sqlite.accounts import SqliteAccounts
from parley.adapters.sqlite.catalogue import SqliteCatalogue
from parley.adapters.sqlite.conversations import SqliteConversations
from parley.adapters.sqlite.database import FILE, Database
from parley.adapters.sqlite.erasures import SqliteErasures
from parley.adapters.sqlite.integrity import SqliteIntegrity
from parley.adapters.sqlite.log import SqliteLog
from parley.adapters.sqlite.marks import SqliteMarks
from parley.adapters.sqlite.presence import SqlitePresence
from parley.adapters.sqlite.rooms import SqliteRooms
from parley.model.ids import UserId
from parley.services.inspection import Inspected, Inspection
from tests.support.eventful import GROUP, ROOM, fill
from tests.support.pen import Pen, said


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[tuple[Database, Inspection]]:
    failures: list[Exception] = []
    database = await Database.open(folder, fatal=failures.append)
    yield (
        database,
        Inspection(
            catalogue=SqliteCatalogue(database),
            integrity=SqliteIntegrity(database),
            log=SqliteLog(database),
            views=SqliteConversations(database),
            marks=SqliteMarks(database),
            rooms=SqliteRooms(database),
        ),
    )
    await database.close()
    assert failures == []


async def inspected(folder: Path) -> Inspected:
    async with opened(folder) as (_, inspection):
        return await inspection.run(lambda *_: None)


@pytest.fixture
async def folder(tmp_path: Path) -> Path:
    """With a store in which much happened."""
    async with opened(tmp_path) as (database, _):
        await fill(
            log=SqliteLog(database),
            accounts=SqliteAccounts(database),
            erasures=SqliteErasures(database),
            rooms=SqliteRooms(database),
            marks=SqliteMarks(database),
        )
    return tmp_path


async def test_nothing_is_found_where_all_is_well(folder: Path) -> None:
    found = await inspected(folder)
    assert found.faults == []
    assert (found.accounts, found.conversations, found.entries) == (3, 2, len(ROOM) + len(GROUP))


IN_GARDEN = "conversation = (SELECT key FROM conversations WHERE id = 'garden')"
PLANTED = {
    "unreadable": f"UPDATE entries SET extra = '[nonsense' WHERE {IN_GARDEN} AND seq = 1",
    "hole": f"DELETE FROM entries WHERE {IN_GARDEN} AND seq = 9",
    "no_creation": f"DELETE FROM entries WHERE {IN_GARDEN} AND seq = 1",
    "created_twice": f"""
        UPDATE entries SET type = 12, extra = (SELECT extra FROM entries WHERE {IN_GARDEN} AND seq = 1)
        WHERE {IN_GARDEN} AND seq = 12
    """,
    "after_the_end": f"UPDATE entries SET type = 14 WHERE {IN_GARDEN} AND seq = 11",
    "time_goes_back": f"UPDATE entries SET at = '1999-01-01T00:00:00.000Z' WHERE {IN_GARDEN} AND seq = 3",
    "wrong_count": f"UPDATE entries SET messages = 1 WHERE {IN_GARDEN} AND seq = 9",
    "no_target": f"UPDATE entries SET target = 9 WHERE {IN_GARDEN} AND seq = 10",
    "not_a_member": """
        UPDATE entries SET actor = (SELECT key FROM people WHERE id = 'cat') WHERE body = 'bye'
    """,
    "edit_not_shown": "UPDATE entries SET body = 'something else' WHERE edited_at IS NOT NULL",
    "deleted_with_text": "UPDATE entries SET body = 'four again' WHERE deleted_at IS NOT NULL",
    "a deletion that is not shown": f"UPDATE entries SET deleted_at = NULL WHERE {IN_GARDEN}",
    "an edit of a deleted message with text": "UPDATE entries SET body = 'still' WHERE target = 5 AND type = 2",
    "the first body of a deleted message": "UPDATE entries SET original = 'four' WHERE deleted_at IS NOT NULL",
    "an erased person's edit with text": "UPDATE entries SET body = 'six' WHERE target = 14 AND type = 2",
    "an erased person's message with text": "UPDATE entries SET body = 'six' WHERE seq = 14",
    "erased_remains": "UPDATE accounts SET user_id = 'dan' WHERE user_id = 'cat'",
    "an erased person's choice": "INSERT INTO person_state (user_id, chosen) VALUES ('dan', 'away')",
    "an erased person's mentions": "INSERT INTO mentions SELECT key, 1, 15 FROM people WHERE id = 'dan'",
    "position_missing": f"DELETE FROM entries WHERE {IN_GARDEN} AND seq = 21",
    "position_out_of_order": f"UPDATE entries SET position = 99 WHERE {IN_GARDEN} AND seq = 2",
    "a ban that no entry lifted": "DELETE FROM bans",
    "aftermath_differs": f"DELETE FROM reactions WHERE {IN_GARDEN} AND emoji = '👍'",
    "a reaction that no entry added": f"UPDATE reactions SET person = 1 WHERE {IN_GARDEN} AND emoji = '👍'",
    "a reaction to what nothing is aimed at": """
        INSERT INTO reactions SELECT conversation, seq, 'x', actor, seq FROM entries
        WHERE type = 1 AND NOT EXISTS (SELECT 1 FROM entries AS aimed WHERE aimed.target = entries.seq)
    """,
    "a reaction by another entry": f"UPDATE reactions SET seq = 3 WHERE {IN_GARDEN}",
    "state_differs": f"UPDATE members SET role = 'admin' WHERE {IN_GARDEN} AND role = 'member'",
    "a name that no entry gave": "UPDATE conversations SET name = 'Cellar' WHERE id = 'kitchen'",
    "a pin that no entry set": f"UPDATE pins SET message_seq = 3 WHERE {IN_GARDEN}",
    "a member who joined elsewhere": f"UPDATE members SET joined_seq = 2 WHERE {IN_GARDEN}",
    "membership_differs": """
        INSERT INTO members (conversation, person, role, joined_seq)
        SELECT conversations.key, people.key, 'member', 1 FROM conversations, people
        WHERE conversations.id = 'kitchen' AND people.id = 'cat'
    """,
    "mark_beyond_head": "UPDATE marks SET delivered = 99",
    "a mark set back beyond the head": "UPDATE marks SET unread_at = 99",
    "mark_count_differs": "UPDATE marks SET messages = 1",
    "standing_differs": "INSERT INTO mentions SELECT person, conversation, seq + 9 FROM mentions",
    "mentions_differ": "DELETE FROM mentions",
    "activity_differs": "UPDATE conversations SET activity = 1",
    "list_differs": "UPDATE conversations SET activity = 2 WHERE id = 'garden'",
    "room_differs": "UPDATE rooms SET member_count = 7",
    "a room that is not listed": "DELETE FROM rooms",
    "a room that is listed elsewhere": "UPDATE rooms SET directory_key = 'zz'",
    "name_not_claimed": "DELETE FROM room_names",
    "a reference to nobody": "DELETE FROM people WHERE id = 'ben'",
}
NAMED = {
    "a deletion that is not shown": "deleted_with_text",
    "an edit of a deleted message with text": "deleted_with_text",
    "the first body of a deleted message": "deleted_with_text",
    "an erased person's edit with text": "deleted_with_text",
    "an erased person's message with text": "deleted_with_text",
    "an erased person's choice": "erased_remains",
    "an erased person's mentions": "erased_remains",
    "a reaction that no entry added": "aftermath_differs",
    "a reaction to what nothing is aimed at": "aftermath_differs",
    "a reaction by another entry": "aftermath_differs",
    "a ban that no entry lifted": "state_differs",
    "a mark set back beyond the head": "mark_beyond_head",
    "a name that no entry gave": "state_differs",
    "a pin that no entry set": "state_differs",
    "a member who joined elsewhere": "state_differs",
    "a room that is not listed": "room_differs",
    "a room that is listed elsewhere": "room_differs",
    "a reference to nobody": "file_damaged",
}


async def test_it_tells_how_it_goes(folder: Path) -> None:
    told = []
    async with opened(folder) as (_, inspection):
        await inspection.run(lambda *line: told.append(line))
    assert told[-1] == ("people", 3, 3)
    assert ("entries", len(ROOM) + len(GROUP), len(ROOM) + len(GROUP)) in told


async def test_what_is_left_of_somebody_whose_erasure_goes_on_is_no_fault(folder: Path) -> None:
    async with opened(folder) as (database, _):
        await SqliteErasures(database).begin(UserId("dan"), 1, 2)
        await SqlitePresence(database).choose(UserId("dan"), "away")
    assert (await inspected(folder)).faults == []


@pytest.mark.parametrize("planted", PLANTED)
async def test_a_planted_fault_is_found_and_named(folder: Path, planted: str) -> None:
    with closing(sqlite3.connect(folder / FILE)) as connection:
        changed = connection.execute(PLANTED[planted]).rowcount
        connection.commit()
    assert changed > 0
    found = await inspected(folder)
    assert NAMED.get(planted, planted) in {fault.kind for fault in found.faults}, found
    assert found.count == len(found.faults)


async def test_a_damaged_page_is_found(folder: Path) -> None:
    with closing(sqlite3.connect(folder / FILE)) as connection:
        (page,) = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'entries_by_target'"
        ).fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    with (folder / FILE).open("r+b") as file:
        file.seek((page - 1) * size + 200)
        file.write(bytes(size - 200))
    found = await inspected(folder)
    assert {fault.kind for fault in found.faults} == {"file_damaged"}


async def test_what_is_written_meanwhile_is_no_fault(folder: Path) -> None:
    async with opened(folder) as (database, inspection):
        pen = Pen("kitchen")
        pen.back_to(len(GROUP), 2)
        log = SqliteLog(database)
        read = log.read
        more = [said(f"more {number}") for number in range(30)]

        async def overtaken(conversation_id, after, limit=None):
            found = await read(conversation_id, after, limit)
            if more and conversation_id == "kitchen":
                records = pen.records(more.pop())
                assert (
                    await log.append(pen.conversation_id, records[0].entry.seq - 1, records)
                ).count
            return found

        inspection._log.read = overtaken
        found = await inspection.run(lambda *_: None)
    assert found.faults == []
