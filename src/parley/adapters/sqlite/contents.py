"""What edits, annotations and deletions do to rows that are there already; and whom messages mention."""

import sqlite3
from typing import Final

from parley.adapters.sqlite import rows
from parley.adapters.sqlite.keys import Keys
from parley.model import contents
from parley.model.entries import (
    Entry,
    MemberLeft,
    MessageAnnotated,
    MessageDeleted,
    MessageEdited,
    MessageNew,
)
from parley.model.ids import ConversationId, UserId
from parley.model.instants import Timestamp
from parley.ports.log import Record

_ONE: Final = f"SELECT {rows.COLUMNS} {rows.FROM} WHERE conversation = ? AND seq = ?"
_REVISIONS: Final = f"""
    SELECT {rows.COLUMNS} {rows.FROM} WHERE conversation = ? AND target = ? AND type IN
    ({rows.CODES[MessageEdited]}, {rows.CODES[MessageAnnotated]})
"""
_EDIT: Final = """
    UPDATE entries SET original = coalesce(original, body), body = ?, extra = ?, edited_at = ? WHERE position = ?
"""
_ANNOTATE: Final = "UPDATE entries SET extra = ? WHERE position = ?"
_EMPTY_MESSAGE: Final = """
    UPDATE entries SET original = NULL, body = '', extra = NULL, deleted_at = ?, digest = NULL WHERE position = ?
"""
_EMPTY_REVISION: Final = "UPDATE entries SET body = ?, extra = ?, digest = NULL WHERE position = ?"
_OWN: Final = "conversation = ? AND actor = ?"
_ERASE_MESSAGES: Final = f"""
    UPDATE entries SET original = NULL, body = '', extra = NULL, deleted_at = ?, digest = NULL
    WHERE {_OWN} AND type = {rows.MESSAGE} AND deleted_at IS NULL
"""
_ERASE_REVISIONS: Final = f"""
    UPDATE entries SET body = ?, extra = ?, digest = NULL WHERE conversation = ? AND type = ? AND target IN (
        SELECT seq FROM entries WHERE {_OWN} AND type = {rows.MESSAGE}
    )
"""
_ERASE_MENTIONS: Final = f"""
    DELETE FROM mentions WHERE conversation = ? AND seq IN (
        SELECT seq FROM entries WHERE {_OWN} AND type = {rows.MESSAGE}
    )
"""
_ERASE_REACTIONS: Final = f"""
    DELETE FROM reactions WHERE conversation = ? AND message_seq IN (
        SELECT seq FROM entries WHERE {_OWN} AND type = {rows.MESSAGE}
    )
"""
_EMPTIED: Final = (
    MessageEdited(actor_id=UserId(""), message_seq=0, body=""),
    MessageAnnotated(actor_id=UserId(""), message_seq=0, attachments=()),
)
"""What is left of revisions, of either type."""

_MENTION: Final = "INSERT INTO mentions (person, conversation, seq) VALUES (?, ?, ?)"
_FORGET_MENTION: Final = "DELETE FROM mentions WHERE person = ? AND conversation = ? AND seq = ?"


class Contents:
    """Keeps every row at its present content; the rules are those of `parley.model.contents`."""

    def __init__(self, connection: sqlite3.Connection, keys: Keys) -> None:
        self._connection = connection
        self._keys = keys

    def follow(self, conversation: int, entry: Entry) -> None:
        """Do what an entry that is in the table does to others."""
        if isinstance(entry, MessageNew):
            self._connection.executemany(_MENTION, self._mentioned(conversation, entry))
        elif isinstance(entry, MessageEdited | MessageAnnotated):
            self._revise(conversation, entry)
        elif isinstance(entry, MessageDeleted):
            self._delete(conversation, entry)
        elif isinstance(entry, MemberLeft) and contents.is_erasure(entry):
            erase(self._connection, conversation, self._keys.person(entry.user_id), entry.at)

    def _revise(self, conversation: int, revision: contents.Revision) -> None:
        found = self._message(conversation, revision)
        if found is None:
            return
        position, message = found
        if message.deleted_at is not None:
            self._empty_revisions(conversation, message)
            return
        revised = contents.revised(message, revision)
        extra = rows.extra(revised)
        if isinstance(revision, MessageEdited):
            self._connection.execute(_EDIT, (revised.body, extra, revised.edited_at, position))
            self._forget_mentions(conversation, message)
            self._connection.executemany(_MENTION, self._mentioned(conversation, revised))
        else:
            self._connection.execute(_ANNOTATE, (extra, position))

    def _delete(self, conversation: int, deletion: MessageDeleted) -> None:
        found = self._message(conversation, deletion)
        if found is None:
            return
        position, message = found
        deleted = contents.deleted(message, deletion.at)
        self._connection.execute(_EMPTY_MESSAGE, (deleted.deleted_at, position))
        self._forget_mentions(conversation, message)
        self._empty_revisions(conversation, message)

    def _forget_mentions(self, conversation: int, message: MessageNew) -> None:
        self._connection.executemany(_FORGET_MENTION, self._mentioned(conversation, message))

    def _mentioned(self, conversation: int, message: MessageNew) -> list[tuple[int, int, int]]:
        """The rows of whom a message mentions, its sender apart."""
        others = set(message.mentions) - {message.actor_id}
        return [(self._keys.person(one), conversation, message.seq) for one in others]

    def _empty_revisions(self, conversation: int, message: MessageNew) -> None:
        found = self._connection.execute(_REVISIONS, (conversation, message.seq)).fetchall()
        for record in (rows.record(message.conversation_id, row) for row in found):
            if isinstance(record.entry, MessageEdited | MessageAnnotated):
                emptied = contents.emptied(record.entry)
                self._connection.execute(
                    _EMPTY_REVISION, (rows.body(emptied), rows.extra(emptied), record.position)
                )

    def _message(self, conversation: int, aimed: Entry) -> tuple[int, MessageNew] | None:
        """The message that an entry is aimed at, and its position."""
        record = self._record(conversation, aimed.conversation_id, rows.target(aimed))
        if record is None or not isinstance(record.entry, MessageNew):
            return None
        return record.position, record.entry

    def _record(
        self, conversation: int, conversation_id: ConversationId, seq: int | None
    ) -> Record | None:
        row = self._connection.execute(_ONE, (conversation, seq)).fetchone()
        return None if row is None else rows.record(conversation_id, row)


def erase(connection: sqlite3.Connection, conversation: int, person: int, at: Timestamp) -> None:
    """Empty everything that a person wrote in a conversation, whose messages are deleted since `at`."""
    own = (conversation, person)
    connection.execute(_ERASE_MENTIONS, (conversation, *own))
    connection.execute(_ERASE_REACTIONS, (conversation, *own))
    connection.execute(_ERASE_MESSAGES, (at, *own))
    for emptied in _EMPTIED:
        left = rows.body(emptied), rows.extra(emptied)
        kind = rows.CODES[type(emptied)]
        connection.execute(_ERASE_REVISIONS, (*left, conversation, kind, *own))
