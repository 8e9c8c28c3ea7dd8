"""Appending: what the writer does with records, inside its transaction."""

import logging
import sqlite3
from collections.abc import Sequence
from typing import Final

from parley.adapters.sqlite import rows
from parley.adapters.sqlite.activity import Activity
from parley.adapters.sqlite.contents import Contents
from parley.adapters.sqlite.keys import MOST, Keys
from parley.adapters.sqlite.reactions import Reactions
from parley.adapters.sqlite.views import Views
from parley.model.entries import ConversationCreated, Entry, MessageNew
from parley.model.ids import ConversationId
from parley.ports.log import Appended, Behind, Down, Duplicate, Record, Stopped

logger = logging.getLogger(__name__)

_INSERT_MESSAGE: Final = f"""
    INSERT INTO entries (position, conversation, seq, type, at, actor, client_id, messages, body, extra, digest)
    VALUES (?, ?, ?, {rows.MESSAGE}, ?, ?, ?, ?, ?, ?, ?)
"""
_INSERT: Final = """
    INSERT INTO entries (position, conversation, seq, type, at, actor, client_id, messages, target, subject, body,
                         extra, digest)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_HEAD: Final = "SELECT coalesce(max(seq), 0) FROM entries WHERE conversation = ?"
_SINCE: Final = f"""
    SELECT {rows.COLUMNS} {rows.FROM} WHERE conversation = ? AND seq > ? ORDER BY seq
"""
_COMMAND: Final = f"""
    SELECT {rows.COLUMNS} {rows.FROM} WHERE conversation = ? AND actor = ? AND client_id = ?
"""

REFUSALS: Final = (
    sqlite3.IntegrityError,
    sqlite3.InterfaceError,
    sqlite3.ProgrammingError,
    sqlite3.DataError,
    ValueError,
    TypeError,
    OverflowError,
)
"""A statement that failed alone and left the transaction as it was; any other error says that the store is ill."""


class Entries:
    """On the writer's thread only. One process owns the file, so the heads it remembers are the heads."""

    def __init__(self, connection: sqlite3.Connection, keys: Keys, activity: Activity) -> None:
        self._connection = connection
        self._keys = keys
        self._activity = activity
        self._views = Views(connection, keys)
        self._contents = Contents(connection, keys)
        self._reactions = Reactions(connection, keys)
        self._heads: dict[int, int] = {}
        self.position = 0
        self.rolled_back()

    def rolled_back(self) -> None:
        """Forget what was learned in a transaction that came to nothing."""
        self._keys.forget()
        self._heads.clear()
        row = self._connection.execute("SELECT coalesce(max(position), 0) FROM entries").fetchone()
        self.position = int(row[0])

    def append(
        self, conversation_id: ConversationId, after: int, records: Sequence[Record]
    ) -> Appended:
        """Insert records until one is refused."""
        conversation = self._keys.conversation(conversation_id)
        head = self._head(conversation)
        positions: list[int] = []
        stopped: Stopped | None = None
        if after == head:
            for record in records:
                try:
                    self._insert(conversation, head + 1, record)
                except REFUSALS as refusal:
                    stopped = self._reason(conversation, record.entry, head, refusal)
                    break
                head = record.entry.seq
                positions.append(self.position)
            self._heads[conversation] = head
        else:
            stopped = self._reason(conversation, records[0].entry, after, None)
        return Appended(len(positions), positions, stopped)

    def _head(self, conversation: int) -> int:
        head = self._heads.get(conversation)
        if head is None:
            if len(self._heads) >= MOST:
                self._heads.clear()
            head = int(self._connection.execute(_HEAD, (conversation,)).fetchone()[0])
        return head

    def _insert(self, conversation: int, seq: int, record: Record) -> None:
        entry = record.entry
        if entry.seq != seq:
            raise ValueError(f"This entry asks for seq {entry.seq} where {seq} is next.")
        if not isinstance(entry, MessageNew) or entry.mentions:
            self._insert_with_views(conversation, record, entry)
            return
        # The hot path, a message that mentions nobody: one statement, and nothing else in the store changes.
        position = self.position + 1
        self._connection.execute(
            _INSERT_MESSAGE,
            (
                position,
                conversation,
                entry.seq,
                entry.at,
                self._keys.person(entry.actor_id),
                entry.client_id,
                entry.messages,
                entry.body,
                rows.message_extra(entry),
                record.digest,
            ),
        )
        self.position = position
        self._activity.touch(conversation, position)

    def _insert_with_views(self, conversation: int, record: Record, entry: Entry) -> None:
        execute = self._connection.execute
        execute("SAVEPOINT entry")
        try:
            execute(_INSERT, self._row(conversation, record, entry))
            self._views.follow(conversation, entry)
            self._contents.follow(conversation, entry)
            self._reactions.follow(conversation, entry)
        except REFUSALS:
            execute("ROLLBACK TO entry")
            self._keys.forget()
            execute("RELEASE entry")
            raise
        execute("RELEASE entry")
        self.position += 1
        if isinstance(entry, ConversationCreated | MessageNew):
            self._activity.touch(conversation, self.position)

    def _row(self, conversation: int, record: Record, entry: Entry) -> rows.Row:
        subject = rows.subject(entry)
        return (
            self.position + 1,
            conversation,
            entry.seq,
            rows.CODES[type(entry)],
            entry.at,
            self._keys.person(entry.actor_id),
            entry.client_id,
            entry.messages,
            rows.target(entry),
            None if subject is None else self._keys.person(subject),
            rows.body(entry),
            rows.extra(entry),
            record.digest,
        )

    def _reason(
        self, conversation: int, refused: Entry, head: int, refusal: Exception | None
    ) -> Stopped:
        """Why an entry did not get in after `head`: the log is asked first, then the command; never the index."""
        conversation_id = refused.conversation_id
        since = self._connection.execute(_SINCE, (conversation, head)).fetchall()
        if since:
            return Behind([rows.record(conversation_id, row) for row in since])
        command = (conversation, self._keys.person(refused.actor_id), refused.client_id)
        twin = self._connection.execute(_COMMAND, command).fetchone()
        if twin is not None:
            return Duplicate(rows.record(conversation_id, twin))
        logger.error("entry %s of %s can't be kept", refused.seq, conversation_id, exc_info=refusal)
        return Down()
