"""Recovery from the log itself: the order of delivery is that of the rows, so it outlives the process."""

import sqlite3
from collections.abc import Iterator, Sequence
from operator import attrgetter
from typing import Final

import msgspec

from parley.adapters.sqlite import rows
from parley.adapters.sqlite.database import Database
from parley.model.entries import people_named
from parley.model.ids import ConversationId, UserId
from parley.ports.log import Record
from parley.ports.recovery import Bounds, Placed, Replays

_TAIL: Final = "SELECT coalesce(max(position), 0) FROM entries"
_PERSON: Final = "SELECT key FROM people WHERE id = ?"

# A conversation's positions grow with its seqs, and its index holds both: one look tells whether anything is missed.
_BEHIND: Final = f"""
    SELECT conversations.key, conversations.id, joined_seq
    FROM members JOIN conversations ON conversations.key = members.conversation
    WHERE person = ({_PERSON}) AND (
        SELECT position FROM entries WHERE entries.conversation = members.conversation ORDER BY seq DESC LIMIT 1
    ) > ?
"""
_BACKWARDS: Final = f"""
    SELECT {rows.COLUMNS} {rows.FROM} WHERE conversation = ? AND seq >= ? ORDER BY seq DESC
"""
_DEPARTURES: Final = f"""
    SELECT conversation, max(position) FROM entries
    WHERE subject = ({_PERSON}) AND type = {rows.LEFT} AND position > ? AND position <= ?
    AND conversation NOT IN (SELECT conversation FROM members WHERE person = ({_PERSON}))
    GROUP BY conversation
"""
_DELETIONS: Final = f"""
    SELECT conversation, position FROM entries WHERE type = {rows.DELETED} AND position > ? AND position <= ?
"""
_LAST_MOVE: Final = f"""
    SELECT type FROM entries
    WHERE subject = ({_PERSON}) AND conversation = ? AND type IN ({rows.JOINED}, {rows.LEFT})
    ORDER BY seq DESC LIMIT 1
"""
_FIRST: Final = f"SELECT {rows.COLUMNS} {rows.FROM} WHERE conversation = ? AND seq = 1"
_AT: Final = f"""
    SELECT conversations.id, {rows.COLUMNS} {rows.FROM}
    JOIN conversations ON conversations.key = entries.conversation WHERE position = ?
"""
_BEYOND_ALL: Final = 1 << 62


class SqliteReplays(Replays):
    """One process writes the file, and it publishes in the order of the rows."""

    bus_epoch = "log"

    def __init__(self, database: Database, tail: int) -> None:
        self._database = database
        self._tail = tail

    @classmethod
    async def begin(cls, database: Database) -> "SqliteReplays":
        """From the end of what is in the file; before anything is written to it."""
        (tail,) = await database.read(lambda connection: connection.execute(_TAIL).fetchone())
        return cls(database, tail)

    @property
    def tail(self) -> int:
        return self._tail

    def heard(self, record: Record) -> int:
        self._tail = max(self._tail, record.position)
        return record.position

    async def missed(
        self, user_id: UserId, after: int, until: int, bounds: Bounds
    ) -> Sequence[Placed] | None:
        def reading(connection: sqlite3.Connection) -> list[Placed] | None:
            if any(_deletions(connection, user_id, until, _BEYOND_ALL)):
                return None
            found: list[Placed] = []
            size = 0
            for placed in _missed(connection, user_id, after, until):
                found.append(placed)
                size += len(msgspec.json.encode(placed.entry))
                if len(found) > bounds.entries or size > bounds.bytes:
                    return None
            return sorted(found, key=attrgetter("position"))

        return await self._database.read(reading)


def _missed(
    connection: sqlite3.Connection, user_id: UserId, after: int, until: int
) -> Iterator[Placed]:
    for key, conversation_id, joined_seq in connection.execute(_BEHIND, (user_id, after)):
        for row in connection.execute(_BACKWARDS, (key, joined_seq)):
            if row[0] <= after:
                break
            if row[0] <= until:
                yield Placed(row[0], rows.entry(conversation_id, row))
    for _, position in connection.execute(_DEPARTURES, (user_id, after, until, user_id)):
        yield _at(connection, position)
    for position in _deletions(connection, user_id, after, until):
        yield _at(connection, position)


def _deletions(
    connection: sqlite3.Connection, user_id: UserId, after: int, until: int
) -> Iterator[int]:
    """The positions at which conversations were deleted that somebody was in."""
    for key, position in connection.execute(_DELETIONS, (after, until)):
        if _was_inside(connection, user_id, key):
            yield position


def _was_inside(connection: sqlite3.Connection, user_id: UserId, key: int) -> bool:
    """Whether somebody was in a conversation until it was deleted, which empties the table of members."""
    row = connection.execute(_LAST_MOVE, (user_id, key)).fetchone()
    if row is not None:
        return bool(row[0] == rows.JOINED)
    first = connection.execute(_FIRST, (key,)).fetchone()
    return first is not None and user_id in people_named(rows.entry(ConversationId(""), first))


def _at(connection: sqlite3.Connection, position: int) -> Placed:
    conversation_id, *row = connection.execute(_AT, (position,)).fetchone()
    return Placed(position, rows.entry(conversation_id, tuple(row)))
