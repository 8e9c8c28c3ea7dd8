"""The reactions that stand, a view that follows the log; and what else became of messages."""

import sqlite3
from collections.abc import Sequence
from typing import Final

import msgspec

from parley.adapters.sqlite.keys import Keys
from parley.model.entries import Entry, MessageDeleted, ReactionAdded, ReactionRemoved
from parley.model.ids import UserId
from parley.model.messages import Aftermath

_ADD: Final = """
    INSERT OR IGNORE INTO reactions (conversation, message_seq, emoji, person, seq) VALUES (?, ?, ?, ?, ?)
"""
_REMOVE: Final = """
    DELETE FROM reactions WHERE conversation = ? AND message_seq = ? AND emoji = ? AND person = ?
"""
_REMOVE_ALL: Final = "DELETE FROM reactions WHERE conversation = ? AND message_seq = ?"
_TOUCHED: Final = """
    SELECT asked.value,
           (SELECT seq FROM entries WHERE conversation = :conversation AND target = asked.value
            AND target IS NOT NULL ORDER BY position DESC LIMIT 1) AS changed_seq,
           EXISTS (SELECT 1 FROM pins WHERE conversation = :conversation AND message_seq = asked.value),
           EXISTS (SELECT 1 FROM entries WHERE conversation = :conversation AND seq = asked.value
                   AND deleted_at IS NOT NULL)
    FROM json_each(:message_seqs) AS asked WHERE changed_seq IS NOT NULL
"""
_STANDING: Final = """
    SELECT message_seq, emoji, people.id, seq FROM reactions JOIN people ON people.key = person
    WHERE conversation = :conversation AND message_seq IN (SELECT value FROM json_each(:message_seqs))
"""


class Reactions:
    """On the writer's thread, in the transaction of the entry."""

    def __init__(self, connection: sqlite3.Connection, keys: Keys) -> None:
        self._connection = connection
        self._keys = keys

    def follow(self, conversation: int, entry: Entry) -> None:
        """Apply one entry."""
        match entry:
            case ReactionAdded():
                self._connection.execute(_ADD, (*self._key(conversation, entry), entry.seq))
            case ReactionRemoved():
                self._connection.execute(_REMOVE, self._key(conversation, entry))
            case MessageDeleted():
                self._connection.execute(_REMOVE_ALL, (conversation, entry.message_seq))

    def _key(
        self, conversation: int, entry: ReactionAdded | ReactionRemoved
    ) -> tuple[int, int, str, int]:
        return conversation, entry.message_seq, entry.emoji, self._keys.person(entry.actor_id)


def aftermaths(
    connection: sqlite3.Connection, conversation: int, message_seqs: Sequence[int]
) -> dict[int, Aftermath]:
    """What became of those of these messages that anything is aimed at."""
    asked = {
        "conversation": conversation,
        "message_seqs": msgspec.json.encode(message_seqs).decode(),
    }
    standing: dict[int, dict[str, dict[UserId, int]]] = {}
    for message_seq, emoji, user_id, seq in connection.execute(_STANDING, asked):
        standing.setdefault(message_seq, {}).setdefault(emoji, {})[user_id] = seq
    return {
        message_seq: Aftermath({}, False, True, changed_seq)
        if deleted
        else Aftermath(standing.get(message_seq, {}), bool(pinned), False, changed_seq)
        for message_seq, changed_seq, pinned, deleted in connection.execute(_TOUCHED, asked)
    }
