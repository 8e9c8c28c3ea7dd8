"""What SQLite, and the views that no port shows whole, say of the file's soundness."""

import contextlib
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from parley.adapters.sqlite import rows
from parley.adapters.sqlite.accounts import KEYS, keys
from parley.adapters.sqlite.connections import primary_code
from parley.adapters.sqlite.database import Database
from parley.adapters.sqlite.erasures import FORGOTTEN, PERSON
from parley.adapters.sqlite.schema import migrate, migrations
from parley.model.accounts import Account
from parley.model.entries import Entry
from parley.model.ids import ConversationId
from parley.model.inspection import Fault
from parley.model.instants import BEGINNING
from parley.ports.integrity import Integrity

MOST: Final = 100
"""Of each kind."""

DAMAGE: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_IOERR)


def _codes(has: Callable[[type[Entry]], bool]) -> str:
    return ", ".join(str(code) for kind, code in rows.CODES.items() if has(kind))


_REFERENCES: Final = 'SELECT "table", rowid, parent FROM pragma_foreign_key_check LIMIT ?'
# What the table shows reflects the entries up to `activity_position`; later ones are in memory alone.
_ACTIVITY: Final = f"""
    SELECT conversations.id, activity, latest.position FROM conversations JOIN (
        SELECT conversation, max(position) AS position FROM entries
        WHERE type IN ({rows.MESSAGE}, {rows.CREATED}) AND position <= (SELECT activity_position FROM store)
        GROUP BY conversation
    ) AS latest ON latest.conversation = conversations.key
    WHERE activity <> latest.position LIMIT ?
"""
# Positions are given without holes and no row is ever removed; recovery reads a conversation by their order.
_POSITIONS: Final = "SELECT count(*), coalesce(max(position), 0) FROM entries"
_OUT_OF_ORDER: Final = """
    SELECT conversations.id, seq FROM (
        SELECT conversation, seq, position, lag(position) OVER (PARTITION BY conversation ORDER BY seq) AS before
        FROM entries
    ) JOIN conversations ON conversations.key = conversation WHERE position < before LIMIT ?
"""
# Only messages that something is aimed at are looked at for what became of them.
_UNFOUNDED: Final = f"""
    SELECT conversations.id, message_seq
    FROM reactions JOIN conversations ON conversations.key = reactions.conversation
    WHERE NOT EXISTS (
        SELECT 1 FROM entries WHERE entries.conversation = reactions.conversation AND entries.seq = reactions.seq
        AND type = {rows.REACTED} AND target = message_seq AND actor = person
    ) LIMIT ?
"""
_DELETED_WITH: Final = f"""
    SELECT conversations.id, seq FROM entries JOIN conversations ON conversations.key = conversation
    WHERE type = {rows.MESSAGE} AND deleted_at IS NOT NULL AND (original IS NOT NULL OR digest IS NOT NULL) LIMIT ?
"""
# What is no JSON makes the whole statement fail; those who read the logs find and name it.
_EXTRA: Final = "CASE WHEN json_valid(entries.extra) THEN entries.extra END"
_ERASED: Final = f"""
    SELECT DISTINCT people.id FROM entries JOIN people ON people.key = subject
    WHERE type = {rows.LEFT} AND json_extract({_EXTRA}, '$.reason') = 'erased'
    AND people.id NOT IN (SELECT user_id FROM erasures)
"""
# Of those alone who have an account: erased people are mentioned no more, whatever logs say.
_SAID: Final = f"""
    SELECT people.key AS person, conversation, seq
    FROM entries, json_each({_EXTRA}, '$.mentions') AS mentioned JOIN people ON people.id = mentioned.value
    JOIN accounts ON accounts.user_id = people.id
    WHERE entries.type = {rows.MESSAGE} AND deleted_at IS NULL AND people.key <> actor
"""
_KEPT: Final = "SELECT person, conversation, seq FROM mentions"
_MENTIONS: Final = f"""
    SELECT conversations.id, seq, what FROM (
        SELECT *, 'is missing' AS what FROM ({_SAID} EXCEPT {_KEPT})
        UNION ALL SELECT *, 'is too many' FROM ({_KEPT} EXCEPT {_SAID})
    ) JOIN conversations ON conversations.key = conversation LIMIT ?
"""
_UNKNOWN: Final = """
    SELECT DISTINCT user_id FROM (SELECT {person} AS user_id FROM {table})
    WHERE user_id NOT IN (SELECT user_id FROM accounts) AND user_id NOT IN (SELECT user_id FROM erasures) LIMIT ?
"""
_ACCOUNTS: Final = f"""
    SELECT user_id, username, email, display_name, {", ".join(KEYS)} FROM accounts
"""
_UNANSWERED: Final = """
    SELECT user_id, contact_id, status FROM contacts WHERE status <> 'accepted' AND NOT EXISTS (
        SELECT 1 FROM contacts AS theirs
        WHERE theirs.user_id = contacts.contact_id AND theirs.contact_id = contacts.user_id
        AND theirs.status = CASE contacts.status WHEN 'outgoing' THEN 'incoming' ELSE 'outgoing' END
    ) LIMIT ?
"""
# Each column is filled in the rows of those types that have such a field, and in no other.
_MISSHAPEN: Final = f"""
    SELECT conversations.id, seq FROM entries JOIN conversations ON conversations.key = conversation
    WHERE (target IS NOT NULL) <> (type IN ({_codes(rows.targets)}))
    OR (subject IS NOT NULL) <> (type IN ({_codes(rows.names_person)}))
    OR (body IS NOT NULL) <> (type IN ({_codes(rows.has_text)}))
    OR (original IS NOT NULL) <> (type = {rows.MESSAGE} AND edited_at IS NOT NULL AND deleted_at IS NULL)
    OR (type <> {rows.MESSAGE} AND (edited_at IS NOT NULL OR deleted_at IS NOT NULL)) LIMIT ?
"""
_SCHEMA: Final = "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL"


class SqliteIntegrity(Integrity):
    def __init__(self, database: Database) -> None:
        self._database = database

    async def faults(self) -> Sequence[Fault]:
        with self._database.unhurried_checkpoints():
            return await self._database.read(_faults)


def _faults(connection: sqlite3.Connection) -> list[Fault]:
    try:
        damage = _damage(connection)
        return damage or [
            *_schema(connection),
            *_misshapen(connection),
            *_positions(connection),
            *_deleted(connection),
            *_erased(connection),
            *_activity(connection),
            *_mentions(connection),
            *_reactions(connection),
            *_accounts(connection),
            *_unknown(connection),
            *_contacts(connection),
        ]
    except sqlite3.DatabaseError as error:
        if primary_code(error) not in DAMAGE:
            raise
        return [Fault(kind="file_damaged", message=f"The file can't be read: {error}.")]


def _damage(connection: sqlite3.Connection) -> list[Fault]:
    """What SQLite's own checks find; where they find something, nothing else is worth asking."""
    said = [text for (text,) in connection.execute(f"PRAGMA integrity_check({MOST})")]
    faults = [
        Fault(kind="file_damaged", message=f"SQLite says: {text}") for text in said if text != "ok"
    ]
    for table, row, parent in connection.execute(_REFERENCES, (MOST,)):
        message = f"Row {row} of {table} names what is not in {parent}."
        faults.append(Fault(kind="file_damaged", message=message))
    return faults


def _schema(connection: sqlite3.Connection) -> Iterator[Fault]:
    """Without an index what must be once may be twice; without a trigger what is counted is counted no more."""
    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as fresh:
        migrate(fresh, migrations())
        made = set(fresh.execute(_SCHEMA))
    for kind, name, _ in sorted(made - set(connection.execute(_SCHEMA))):
        message = f"The {kind} {name} is missing, or is not as this program made it."
        yield Fault(kind="schema_differs", message=message)


def _misshapen(connection: sqlite3.Connection) -> Iterator[Fault]:
    for conversation_id, seq in connection.execute(_MISSHAPEN, (MOST,)):
        yield Fault(
            kind="row_misshapen",
            message=f"Entry {seq} has a column that its type has not, or lacks one that it has.",
            conversation_id=ConversationId(conversation_id),
            seq=seq,
        )


def _positions(connection: sqlite3.Connection) -> Iterator[Fault]:
    """Where a log's end was cut off, nothing else shows it."""
    count, highest = connection.execute(_POSITIONS).fetchone()
    if count != highest:
        message = f"There are {count} entries, and the last one is number {highest}."
        yield Fault(kind="position_missing", message=message)
    for conversation_id, seq in connection.execute(_OUT_OF_ORDER, (MOST,)):
        yield Fault(
            kind="position_out_of_order",
            message=f"Entry {seq} was written before the one before it.",
            conversation_id=ConversationId(conversation_id),
            seq=seq,
        )


def _deleted(connection: sqlite3.Connection) -> Iterator[Fault]:
    for conversation_id, seq in connection.execute(_DELETED_WITH, (MOST,)):
        yield Fault(
            kind="deleted_with_text",
            message=f"Entry {seq} was deleted, and its first body or its digest is kept.",
            conversation_id=ConversationId(conversation_id),
            seq=seq,
        )


def _erased(connection: sqlite3.Connection) -> Iterator[Fault]:
    """What is left of people whose erasure is over."""
    for (user_id,) in connection.execute(_ERASED).fetchall():
        for (table, column), person in FORGOTTEN.items():
            found = f"SELECT 1 FROM {table} WHERE {column} = {person} LIMIT 1"
            if connection.execute(found, {"user_id": user_id}).fetchone():
                message = f"{user_id} was erased, and {table} still has something of them."
                yield Fault(kind="erased_remains", message=message)


def _accounts(connection: sqlite3.Connection) -> Iterator[Fault]:
    """People are found by these keys, and names are unique by them."""
    for user_id, username, email, display_name, *kept in connection.execute(_ACCOUNTS):
        account = Account(
            user_id=user_id,
            username=username,
            email=email,
            display_name=display_name,
            password_hash="",
            created_at=BEGINNING,
        )
        if tuple(kept) != keys(account):
            message = f"The names of {user_id} are searched and sorted by others than they are."
            yield Fault(kind="account_differs", message=message)


def _unknown(connection: sqlite3.Connection) -> Iterator[Fault]:
    """What is kept of people who have no account, and are neither erased nor about to be."""
    erased = {user_id for (user_id,) in connection.execute(_ERASED)}
    for (table, column), person in FORGOTTEN.items():
        named = column if person != PERSON else f"(SELECT id FROM people WHERE key = {column})"
        asked = _UNKNOWN.format(person=named, table=table)
        for (user_id,) in connection.execute(asked, (MOST,)).fetchall():
            if user_id not in erased:
                message = f"{table} has something of {user_id}, who has no account."
                yield Fault(kind="account_missing", message=message)


def _contacts(connection: sqlite3.Connection) -> Iterator[Fault]:
    for user_id, contact_id, status in connection.execute(_UNANSWERED, (MOST,)):
        message = f"{user_id} has {contact_id} as {status}, and is not listed so by them."
        yield Fault(kind="contact_differs", message=message)


def _activity(connection: sqlite3.Connection) -> list[Fault]:
    return [
        Fault(
            kind="activity_differs",
            message=f"Its activity is kept as {kept}, and is {position}.",
            conversation_id=ConversationId(conversation_id),
        )
        for conversation_id, kept, position in connection.execute(_ACTIVITY, (MOST,))
    ]


def _mentions(connection: sqlite3.Connection) -> list[Fault]:
    return [
        Fault(
            kind="mentions_differ",
            message=f"Somebody's mention in message {seq} {what}.",
            conversation_id=ConversationId(conversation_id),
            seq=seq,
        )
        for conversation_id, seq, what in connection.execute(_MENTIONS, (MOST,))
    ]


def _reactions(connection: sqlite3.Connection) -> list[Fault]:
    return [
        Fault(
            kind="aftermath_differs",
            message=f"A reaction to message {seq} is kept that no entry added.",
            conversation_id=ConversationId(conversation_id),
            seq=seq,
        )
        for conversation_id, seq in connection.execute(_UNFOUNDED, (MOST,))
    ]
