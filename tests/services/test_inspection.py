"""Inspection: nothing is found in a store in which much happened, and whatever is planted there is found and named."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest
from msgspec.structs import replace

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
from parley.services.inspection.inspection import Inspected, Inspection
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
            accounts=SqliteAccounts(database),
            erasures=SqliteErasures(database),
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
    "an edit that nobody made": """
        UPDATE entries SET edited_at = at WHERE type = 1 AND edited_at IS NULL AND deleted_at IS NULL
    """,
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
    "contents_differ": "UPDATE entries SET body = 'three' WHERE body = 'one'",
    "one bit of a body": "UPDATE entries SET body = 'gye' WHERE body = 'bye'",
    "another answer's message": f"UPDATE entries SET extra = '{{\"reply_to\":2}}' WHERE {IN_GARDEN} AND seq = 12",
    "data that nobody sent": f"UPDATE entries SET extra = '{{\"data\":{{}}}}' WHERE {IN_GARDEN} AND seq = 12",
    "a first body that nobody sent": "UPDATE entries SET original = 'three' WHERE original IS NOT NULL",
    "a first body that is gone": "UPDATE entries SET original = NULL WHERE original IS NOT NULL",
    "an edit's other body": """
        UPDATE entries SET body = 'x' WHERE seq IN (4, 6) AND (edited_at IS NOT NULL OR type = 2)
    """,
    "another emoji": f"UPDATE entries SET body = '🎉' WHERE {IN_GARDEN} AND seq = 9",
    "another role": f'UPDATE entries SET extra = \'{{"role":"admin"}}\' WHERE {IN_GARDEN} AND seq = 11',
    "another's edit": f"""
        UPDATE entries SET actor = (SELECT key FROM people WHERE id = 'ann') WHERE {IN_GARDEN} AND seq = 6
    """,
    "a message of nobody's": "UPDATE entries SET body = '' WHERE body = 'five'",
    "a message that is too long": "UPDATE entries SET body = printf('%.*c', 16001, 'x') WHERE body = 'five'",
    "an answer to nothing": f"UPDATE entries SET extra = '{{\"reply_to\":11}}' WHERE {IN_GARDEN} AND seq = 12",
    "a mention of a stranger": """
        UPDATE entries SET extra = '{"mentions":["eve"]}' WHERE body = 'seven, @dan'
    """,
    "a reaction that was there": f"""
        UPDATE entries SET body = '👍', actor = (SELECT key FROM people WHERE id = 'ann') WHERE {IN_GARDEN} AND seq = 20
    """,
    "a removal by a member": f"""
        UPDATE entries SET actor = (SELECT key FROM people WHERE id = 'ben'), extra = '{{"reason":"removed"}}'
        WHERE type = 10 AND NOT {IN_GARDEN}
    """,
    "a creation by somebody else": """
        UPDATE entries SET actor = (SELECT key FROM people WHERE id = 'cat') WHERE type = 12
    """,
    "a message that vanished": """
        UPDATE entries SET body = '', digest = NULL, deleted_at = at WHERE body = 'five'
    """,
    "another instant of an edit": """
        UPDATE entries SET edited_at = '2099-02-20T00:00:00.000Z' WHERE edited_at IS NOT NULL AND deleted_at IS NULL
    """,
    "another instant of a deletion": f"""
        UPDATE entries SET deleted_at = '2099-02-20T00:00:00.000Z' WHERE {IN_GARDEN} AND seq = 5
    """,
    "a day that is none": f"UPDATE entries SET at = '2099-02-30T00:00:00.000Z' WHERE {IN_GARDEN} AND seq = 21",
    "a message without a body": "UPDATE entries SET body = NULL WHERE body = 'five'",
    "text that is none": "UPDATE entries SET body = CAST(x'66ff' AS TEXT) WHERE body = 'five'",
    "a message's extra that is no JSON": f"UPDATE entries SET extra = '[' WHERE {IN_GARDEN} AND seq = 12",
    "row_misshapen": "UPDATE entries SET target = 2 WHERE body = 'five'",
    "an edited message's first body": "UPDATE entries SET original = 'five' WHERE body = 'five'",
    "another key of the store": "UPDATE store SET digest_key = x'00'",
    "account_missing": "DELETE FROM accounts WHERE user_id = 'ben'",
    "a choice of nobody's": "INSERT INTO person_state (user_id, chosen) VALUES ('fay', 'away')",
    "account_differs": "UPDATE accounts SET username_key = 'benny' WHERE user_id = 'ben'",
    "an account listed elsewhere": "UPDATE accounts SET directory_key = 'a' WHERE user_id = 'ben'",
    "an account's data that are no JSON": "UPDATE accounts SET data = '{' WHERE user_id = 'ben'",
    "an account's text that is none": "UPDATE accounts SET bio = CAST(x'ff' AS TEXT) WHERE user_id = 'ben'",
    "a person's name that is none": "UPDATE accounts SET display_name = CAST(x'ff' AS TEXT) WHERE user_id = 'ben'",
    "a conversation's id that is none": "UPDATE conversations SET id = CAST(x'ff' AS TEXT) WHERE id = 'garden'",
    "a room's name that is none": "UPDATE conversations SET name = CAST(x'ff' AS TEXT) WHERE id = 'garden'",
    "contact_differs": """
        INSERT INTO contacts (user_id, contact_id, status, since) VALUES ('ann', 'ben', 'outgoing', '2020')
    """,
}
NAMED = {
    "a deletion that is not shown": "deleted_with_text",
    "an edit that nobody made": "edit_not_shown",
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
    "one bit of a body": "contents_differ",
    "another answer's message": "contents_differ",
    "data that nobody sent": "contents_differ",
    "a first body that nobody sent": "contents_differ",
    "a first body that is gone": "row_misshapen",
    "an edit's other body": "contents_differ",
    "another emoji": "contents_differ",
    "another role": "not_permitted",
    "another's edit": "not_permitted",
    "a message of nobody's": "not_permitted",
    "a message that is too long": "not_permitted",
    "an answer to nothing": "not_permitted",
    "a mention of a stranger": "not_permitted",
    "a reaction that was there": "not_permitted",
    "a removal by a member": "not_permitted",
    "a creation by somebody else": "not_permitted",
    "a message that vanished": "not_permitted",
    "another instant of an edit": "edit_not_shown",
    "another instant of a deletion": "not_permitted",
    "a day that is none": "unreadable",
    "a message without a body": "unreadable",
    "text that is none": "unreadable",
    "a message's extra that is no JSON": "unreadable",
    "an edited message's first body": "row_misshapen",
    "another key of the store": "contents_differ",
    "a choice of nobody's": "account_missing",
    "an account listed elsewhere": "account_differs",
    "an account's data that are no JSON": "unreadable",
    "an account's text that is none": "unreadable",
    "a person's name that is none": "unreadable",
    "a conversation's id that is none": "unreadable",
    "a room's name that is none": "unreadable",
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


@pytest.mark.parametrize("kind", ["INDEX entries_by_target", "TRIGGER rooms_gain", "VIEW log"])
async def test_what_is_missing_of_the_schema_is_found(folder: Path, kind: str) -> None:
    with closing(sqlite3.connect(folder / FILE)) as connection:
        connection.execute(f"DROP {kind}")
    (fault,) = (await inspected(folder)).faults
    assert fault.kind == "schema_differs"
    assert kind.lower() in fault.message


async def test_of_entries_that_cannot_be_read_the_first_is_named(folder: Path) -> None:
    with closing(sqlite3.connect(folder / FILE)) as connection:
        connection.execute(f"UPDATE entries SET extra = '[' WHERE {IN_GARDEN} AND seq IN (12, 14)")
        connection.commit()
    (fault,) = (await inspected(folder)).faults
    assert (fault.kind, fault.conversation_id, fault.seq) == ("unreadable", "garden", 12)


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
                records = [replace(one, digest=None) for one in pen.records(more.pop())]
                assert (
                    await log.append(pen.conversation_id, records[0].entry.seq - 1, records)
                ).count
            return found

        inspection._log.read = overtaken
        found = await inspection.run(lambda *_: None)
    assert found.faults == []
