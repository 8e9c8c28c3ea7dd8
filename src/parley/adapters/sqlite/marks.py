"""Marks, kept in SQLite."""

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from parley.adapters.sqlite.database import Database
from parley.adapters.sqlite.rows import MESSAGE
from parley.model.ids import ConversationId, UserId
from parley.model.marks import Mark, Point, Standing, position
from parley.ports.marks import MarkStore, Move

NEAR: Final = 1_000
"""How many of the latest entries are looked through for one's own last message before one's own are gone through.

An index by sender and seq would find it at once, and cost every message a third more. Who writes is found near the
head; who doesn't has few messages of their own.
"""

_COLUMNS: Final = ", ".join(Mark.__struct_fields__)
_KEPT: Final = ", ".join(f"marks.{name}" for name in Mark.__struct_fields__)
_PUT: Final = f"""
    INSERT INTO marks (conversation, person, {_COLUMNS})
    SELECT conversations.key, people.key, {", ".join(f":{name}" for name in Mark.__struct_fields__)}
    FROM conversations, people WHERE conversations.id = :conversation_id AND people.id = :user_id
    ON CONFLICT DO UPDATE SET
"""
_ADVANCE: Final = f"""
    {_PUT} {", ".join(f"{name} = max({name}, excluded.{name})" for name in Mark.__struct_fields__)}
    WHERE {" OR ".join(f"excluded.{name} > {name}" for name in Mark.__struct_fields__)}
    RETURNING {_COLUMNS}
"""
_REWIND: Final = f"""
    {_PUT} read = excluded.read, messages = excluded.messages,
    {", ".join(f"{name} = max({name}, excluded.{name})" for name in ("delivered", "seen", "unread_at"))}
    RETURNING {_COLUMNS}
"""
_OF: Final = f"""
    SELECT people.id, {_KEPT} FROM marks JOIN people ON people.key = person
    WHERE conversation = (SELECT key FROM conversations WHERE id = ?)
    AND people.id IN (SELECT value FROM json_each(?))
"""
# CROSS JOIN keeps the order: from what is asked for, never from all that a person is in.
_INSIDE: Final = f"""
    SELECT conversations.id, members.conversation, members.person, latest.seq, latest.messages,
           joined.seq, joined.messages, {_KEPT}
    FROM json_each(:conversation_ids) AS asked
    CROSS JOIN conversations ON conversations.id = asked.value
    CROSS JOIN members ON members.conversation = conversations.key
         AND members.person = (SELECT key FROM people WHERE id = :user_id)
    CROSS JOIN entries AS joined
         ON joined.conversation = members.conversation AND joined.seq = members.joined_seq
    CROSS JOIN entries AS latest ON latest.conversation = members.conversation
         AND latest.seq = (SELECT max(seq) FROM entries WHERE conversation = members.conversation)
    LEFT JOIN marks ON marks.conversation = members.conversation AND marks.person = members.person
"""
# The plus signs keep each of these two off the other one's index.
_OWN_NEAR: Final = f"""
    SELECT seq, messages FROM entries
    WHERE conversation = ? AND seq > ? AND +actor = ? AND type = {MESSAGE} ORDER BY seq DESC LIMIT 1
"""
_OWN_FAR: Final = f"""
    SELECT seq, messages FROM entries
    WHERE conversation = ? AND +seq > ? AND actor = ? AND type = {MESSAGE} ORDER BY +seq DESC LIMIT 1
"""
_MENTIONS: Final = "SELECT count(*) FROM mentions WHERE person = ? AND conversation = ? AND seq > ?"


class SqliteMarks(MarkStore):
    def __init__(self, database: Database) -> None:
        self._database = database

    async def advance(self, moves: Sequence[Move]) -> Sequence[Move]:
        def change(connection: sqlite3.Connection) -> list[Move]:
            moved = []
            for move in moves:
                row = connection.execute(_ADVANCE, _values(move)).fetchone()
                if row is not None:
                    moved.append(Move(move.conversation_id, move.user_id, _mark(row)))
            return moved

        return await self._database.write(change)

    async def rewind(self, move: Move) -> Mark:
        return await self._database.write(
            lambda connection: _mark(connection.execute(_REWIND, _values(move)).fetchone())
        )

    async def of(
        self, conversation_id: ConversationId, user_ids: Sequence[UserId]
    ) -> Mapping[UserId, Mark]:
        asked = msgspec.json.encode(user_ids).decode()
        return await self._database.read(
            lambda connection: {
                user_id: _mark(row)
                for user_id, *row in connection.execute(_OF, (conversation_id, asked))
            }
        )

    async def standings(
        self, user_id: UserId, conversation_ids: Sequence[ConversationId]
    ) -> Mapping[ConversationId, Standing]:
        asked = {
            "user_id": user_id,
            "conversation_ids": msgspec.json.encode(conversation_ids).decode(),
        }

        def reading(connection: sqlite3.Connection) -> dict[ConversationId, Standing]:
            found = connection.execute(_INSIDE, asked).fetchall()
            return {row[0]: _standing(connection, row) for row in found}

        return await self._database.read(reading)


def _standing(connection: sqlite3.Connection, row: Sequence[Any]) -> Standing:
    conversation_id, conversation, person, head, messages, joined_seq, joined_messages, *kept = row
    mark = Mark() if kept[0] is None else _mark(kept)
    joined = Point(joined_seq, joined_messages)
    floor = max(position(mark, [joined]).seq, mark.unread_at)
    own = _own_last(connection, conversation, person, floor, head)
    read, before = position(mark, [joined, *own])
    (mentions,) = connection.execute(_MENTIONS, (person, conversation, read)).fetchone()
    return Standing(
        conversation_id=conversation_id,
        head=head,
        delivered=max(mark.delivered, read),
        read=read,
        unread=messages - before,
        mentions=mentions,
    )


def _own_last(
    connection: sqlite3.Connection, conversation: int, person: int, floor: int, head: int
) -> list[Point]:
    """Someone's last message after a seq, if there is one."""
    near = max(floor, head - NEAR)
    row = connection.execute(_OWN_NEAR, (conversation, near, person)).fetchone()
    if row is None and floor < near:
        row = connection.execute(_OWN_FAR, (conversation, floor, person)).fetchone()
    return [] if row is None else [Point(*row)]


def _values(move: Move) -> dict[str, Any]:
    return {
        **msgspec.structs.asdict(move.mark),
        "conversation_id": move.conversation_id,
        "user_id": move.user_id,
    }


def _mark(row: Sequence[int]) -> Mark:
    return Mark(**dict(zip(Mark.__struct_fields__, row, strict=True)))
