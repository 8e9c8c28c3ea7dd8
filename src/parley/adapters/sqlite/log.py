"""The log, kept in SQLite."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Final

from parley.adapters.sqlite import contents, rows
from parley.adapters.sqlite.catching_up import catch_up
from parley.adapters.sqlite.database import Database
from parley.adapters.sqlite.reactions import aftermaths
from parley.adapters.sqlite.views import decode_data
from parley.model.conversations import Ban, Member, State
from parley.model.entries import HAPPENINGS, Entry, MessageEdited, MessageNew
from parley.model.ids import ConversationId, UserId
from parley.model.instants import Timestamp
from parley.model.messages import Aftermath
from parley.ports.answers import Answer
from parley.ports.log import Appended, CatchUp, Log, Record, StoreIdentity

_KEY: Final = "SELECT key FROM conversations WHERE id = ?"
_KEYS: Final = """
    SELECT conversations.key, people.key FROM conversations, people
    WHERE conversations.id = ? AND people.id = ?
"""
_READ: Final = f"""
    SELECT {rows.COLUMNS} {rows.FROM} WHERE conversation = ({_KEY}) AND seq > ? ORDER BY seq LIMIT ?
"""
_HEAD: Final = f"SELECT coalesce(max(seq), 0) FROM entries WHERE conversation = ({_KEY})"
_MESSAGES: Final = (
    f"SELECT {rows.COLUMNS} {rows.FROM} WHERE conversation = ({_KEY}) AND type = {rows.MESSAGE}"
)
_FIRST_AFTER: Final = f"{_MESSAGES} AND seq > ? ORDER BY seq LIMIT ?"
_LAST_BEFORE: Final = f"{_MESSAGES} AND seq < ? ORDER BY seq DESC LIMIT ?"
_MESSAGES_AT: Final = f"{_MESSAGES} AND seq IN (SELECT value FROM json_each(?))"
_HAPPENINGS: Final = f"""
    SELECT {rows.COLUMNS} {rows.FROM} WHERE conversation = ({_KEY})
    AND type >= {min(rows.CODES[one] for one in HAPPENINGS)}
    AND seq > ? AND seq < ? ORDER BY seq LIMIT ?
"""
_EDITS: Final = f"""
    SELECT {rows.COLUMNS} {rows.FROM}
    WHERE conversation = ({_KEY}) AND target = ? AND target IS NOT NULL
    AND type = {rows.CODES[MessageEdited]} ORDER BY position DESC LIMIT ?
"""
_ORIGINAL: Final = f"""
    SELECT coalesce(original, body) FROM entries
    WHERE conversation = ({_KEY}) AND seq = ? AND type = {rows.MESSAGE} AND deleted_at IS NULL
"""
_FIND: Final = f"""
    SELECT {rows.COLUMNS} {rows.FROM}
    WHERE conversation = ({_KEY}) AND actor = (SELECT key FROM people WHERE id = ?) AND client_id = ?
"""
_STATE: Final = """
    SELECT conversations.key, seq, messages, at, kind, name, topic, avatar, data, created_at, deleted
    FROM conversations JOIN entries ON entries.conversation = conversations.key
    WHERE conversations.id = ? ORDER BY seq DESC LIMIT 1
"""
_MEMBERS: Final = """
    SELECT id, role, joined_seq FROM members JOIN people ON people.key = person
    WHERE conversation = ? ORDER BY joined_seq
"""
_PINS: Final = """
    SELECT message_seq, id FROM pins JOIN people ON people.key = person WHERE conversation = ?
"""
_BANS: Final = """
    SELECT banned.id, actors.id, at FROM bans
    JOIN people AS banned ON banned.key = person JOIN people AS actors ON actors.key = actor
    WHERE conversation = ?
"""
_ALL: Final = -1
_BEHIND_ALL: Final = 1 << 62


class SqliteLog(Log):
    def __init__(self, database: Database) -> None:
        self._database = database

    async def identity(self) -> StoreIdentity:
        return self._database.identity

    def append(
        self, conversation_id: ConversationId, after: int, records: Sequence[Record]
    ) -> Answer[Appended]:
        return self._database.append(conversation_id, after, records)

    async def read(
        self, conversation_id: ConversationId, after: int, limit: int | None = None
    ) -> list[Record]:
        def reading(connection: sqlite3.Connection) -> list[Record]:
            most = _ALL if limit is None else limit
            found = connection.execute(_READ, (conversation_id, after, most))
            return [rows.record(conversation_id, row) for row in found]

        return await self._database.read(reading)

    async def messages(
        self, conversation_id: ConversationId, *, before: int | None, after: int | None, limit: int
    ) -> tuple[int, list[MessageNew]]:
        def reading(connection: sqlite3.Connection) -> tuple[int, list[MessageNew]]:
            (head,) = connection.execute(_HEAD, (conversation_id,)).fetchone()
            if after is not None:
                found = connection.execute(_FIRST_AFTER, (conversation_id, after, limit)).fetchall()
            else:
                bound = _BEHIND_ALL if before is None else before
                found = connection.execute(_LAST_BEFORE, (conversation_id, bound, limit)).fetchall()
                found.reverse()
            return head, [rows.message(conversation_id, row) for row in found]

        return await self._database.read(reading)

    async def messages_at(
        self, conversation_id: ConversationId, seqs: Sequence[int]
    ) -> list[MessageNew]:
        def reading(connection: sqlite3.Connection) -> list[MessageNew]:
            found = connection.execute(_MESSAGES_AT, (conversation_id, json.dumps(list(seqs))))
            return [rows.message(conversation_id, row) for row in found]

        return await self._database.read(reading)

    async def happenings(
        self, conversation_id: ConversationId, *, after: int, before: int | None, limit: int
    ) -> list[Entry]:
        def reading(connection: sqlite3.Connection) -> list[Entry]:
            bounds = (after, _BEHIND_ALL if before is None else before)
            found = connection.execute(_HAPPENINGS, (conversation_id, *bounds, limit))
            return [rows.entry(conversation_id, row) for row in found]

        return await self._database.read(reading)

    async def aftermaths(
        self, conversation_id: ConversationId, message_seqs: Sequence[int]
    ) -> tuple[int, Mapping[int, Aftermath]]:
        def reading(connection: sqlite3.Connection) -> tuple[int, Mapping[int, Aftermath]]:
            (head,) = connection.execute(_HEAD, (conversation_id,)).fetchone()
            if not head:
                return 0, {}
            (conversation,) = connection.execute(_KEY, (conversation_id,)).fetchone()
            return head, aftermaths(connection, conversation, message_seqs)

        return await self._database.read(reading)

    async def edits(
        self, conversation_id: ConversationId, message_seq: int, limit: int
    ) -> list[MessageEdited]:
        def reading(connection: sqlite3.Connection) -> list[MessageEdited]:
            found = connection.execute(_EDITS, (conversation_id, message_seq, limit)).fetchall()
            edits = (rows.entry(conversation_id, row) for row in reversed(found))
            return [edit for edit in edits if isinstance(edit, MessageEdited)]

        return await self._database.read(reading)

    async def original(self, conversation_id: ConversationId, seq: int) -> str | None:
        def reading(connection: sqlite3.Connection) -> str | None:
            row = connection.execute(_ORIGINAL, (conversation_id, seq)).fetchone()
            return None if row is None else str(row[0])

        return await self._database.read(reading)

    async def find(
        self, conversation_id: ConversationId, actor_id: UserId, client_id: str
    ) -> Record | None:
        def reading(connection: sqlite3.Connection) -> Record | None:
            row = connection.execute(_FIND, (conversation_id, actor_id, client_id)).fetchone()
            return None if row is None else rows.record(conversation_id, row)

        return await self._database.read(reading)

    async def load(self, conversation_id: ConversationId) -> State:
        return await self._database.read(lambda connection: _state(connection, conversation_id))

    async def erase(self, conversation_id: ConversationId, user_id: UserId, at: Timestamp) -> None:
        def change(connection: sqlite3.Connection) -> None:
            keys = connection.execute(_KEYS, (conversation_id, user_id)).fetchall()
            for conversation, person in keys:
                contents.erase(connection, conversation, person, at)

        await self._database.write(change)

    async def catch_up(
        self, user_id: UserId, cursors: Mapping[ConversationId, int], limit: int, most_bytes: int
    ) -> CatchUp:
        unwritten = self._database.unwritten_activity()
        return await self._database.read(
            lambda connection: catch_up(
                connection, unwritten, user_id, cursors, limit=limit, most_bytes=most_bytes
            )
        )


def _state(connection: sqlite3.Connection, conversation_id: ConversationId) -> State:
    row = connection.execute(_STATE, (conversation_id,)).fetchone()
    if row is None:
        return State(conversation_id)
    key, head, messages, at, kind, name, topic, avatar, data, created_at, deleted = row
    return State(
        conversation_id=conversation_id,
        head=head,
        messages=messages,
        at=at,
        kind=kind,
        name=name,
        topic=topic,
        avatar=avatar,
        data=decode_data(data),
        created_at=created_at,
        deleted=bool(deleted),
        members={
            user_id: Member(role, joined_seq)
            for user_id, role, joined_seq in connection.execute(_MEMBERS, (key,))
        },
        pins=dict(connection.execute(_PINS, (key,))),
        banned={
            user_id: Ban(actor_id, at)
            for user_id, actor_id, at in connection.execute(_BANS, (key,))
        },
    )
