"""What a person missed, by one reading."""

import sqlite3
from collections.abc import Mapping
from typing import Final

import msgspec

from parley.adapters.sqlite import inside, rows
from parley.model.entries import Entry
from parley.model.ids import ConversationId, UserId
from parley.ports.log import CatchUp, CaughtUp

_HEADS: Final = """
    SELECT conversation, (SELECT max(seq) FROM entries WHERE entries.conversation = members.conversation)
    FROM members WHERE person = (SELECT key FROM people WHERE id = ?)
"""
_MISSED: Final = f"""
    SELECT {rows.COLUMNS} {rows.FROM} WHERE conversation = ? AND seq > ? ORDER BY seq LIMIT ?
"""
_LEFT: Final = f"""
    SELECT coalesce(max(seq), 0) FROM entries
    WHERE subject = (SELECT key FROM people WHERE id = ?) AND type = {rows.LEFT}
    AND conversation = (SELECT key FROM conversations WHERE id = ?)
"""


def heads(connection: sqlite3.Connection, user_id: UserId) -> dict[int, int]:
    """Number of the conversation → its head, of all that a person is in."""
    return dict(connection.execute(_HEADS, (user_id,)))


def catch_up(
    connection: sqlite3.Connection,
    unwritten: Mapping[int, int],
    user_id: UserId,
    cursors: Mapping[ConversationId, int],
    *,
    limit: int,
    most_bytes: int,
) -> CatchUp:
    """See `Log.catch_up`; entries are asked for only of conversations that are behind."""
    head = heads(connection, user_id)
    room = _Room(limit, most_bytes)
    conversations = [
        CaughtUp(
            found.conversation_id,
            head[found.key],
            room.missed(connection, found, cursors.get(found.conversation_id), head[found.key]),
        )
        for found in inside.conversations(connection, unwritten, user_id)
    ]
    mine = {caught.conversation_id for caught in conversations}
    lost = {
        conversation_id: connection.execute(_LEFT, (user_id, conversation_id)).fetchone()[0]
        for conversation_id in cursors
        if conversation_id not in mine
    }
    return CatchUp(conversations, lost)


class _Room:
    """How much an answer may still take."""

    def __init__(self, entries: int, size: int) -> None:
        self._entries = entries
        self._bytes = size

    def missed(
        self, connection: sqlite3.Connection, of: inside.Inside, cursor: int | None, head: int
    ) -> list[Entry]:
        """The entries after a cursor for which there is room; the last of them may go over the bytes."""
        taken: list[Entry] = []
        if cursor is None or cursor >= head or self._entries <= 0 or self._bytes <= 0:
            return taken
        found = connection.execute(_MISSED, (of.key, cursor, self._entries))
        for row in found:
            entry = rows.entry(of.conversation_id, row)
            taken.append(entry)
            self._bytes -= len(msgspec.json.encode(entry))
            if self._bytes <= 0:
                break
        found.close()
        self._entries -= len(taken)
        return taken
