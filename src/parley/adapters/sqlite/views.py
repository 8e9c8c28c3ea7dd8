"""The views that follow the log, written in the transaction of the entry that changes them."""

import sqlite3
from collections.abc import Callable
from typing import Any, Final

import msgspec

from parley.adapters.sqlite.keys import Keys
from parley.model.entries import (
    ConversationChanged,
    ConversationCreated,
    ConversationDeleted,
    Entry,
    Json,
    MemberChanged,
    MemberJoined,
    MemberLeft,
    MessageDeleted,
    MessagePinned,
    MessageUnpinned,
    Role,
)
from parley.model.ids import ConversationId, UserId
from parley.model.rooms import directory_key, room_key

_PUT_MEMBER: Final = """
    INSERT INTO members (conversation, person, role, joined_seq) VALUES (?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET role = excluded.role, joined_seq = excluded.joined_seq
"""
_PUT_PIN: Final = """
    INSERT INTO pins (conversation, message_seq, person) VALUES (?, ?, ?)
    ON CONFLICT DO UPDATE SET person = excluded.person
"""
_PUT_BAN: Final = """
    INSERT OR REPLACE INTO bans (conversation, person, actor, at) VALUES (?, ?, ?, ?)
"""
_DELETE_EMPTY_GROUP: Final = """
    UPDATE conversations SET deleted = 1 WHERE key = ? AND kind = 'group'
    AND NOT EXISTS (SELECT 1 FROM members WHERE conversation = conversations.key)
"""
_STEP_DOWN: Final = """
    UPDATE members SET role = 'admin' WHERE conversation = ? AND person = ? AND role = 'owner'
    AND EXISTS (SELECT 1 FROM members WHERE conversation = ? AND person = ?)
"""
_CREATE: Final = """
    UPDATE conversations SET kind = ?, name = ?, topic = ?, data = ?, created_at = ? WHERE key = ?
"""
_CREATE_ROOM: Final = "INSERT INTO rooms (conversation, name_key, directory_key) VALUES (?, ?, ?)"
_RENAME_ROOM: Final = """
    UPDATE rooms SET name_key = ?2, directory_key = ?3 WHERE conversation = ?1
"""


def encode_data(data: Json | None) -> str | None:
    return None if data is None else msgspec.json.encode(data).decode()


def decode_data(text: str | None) -> Json | None:
    data: Json | None = None if text is None else msgspec.json.decode(text)
    return data


class Views:
    """`conversations`, `members`, `pins`, `bans`, `rooms`: the same as `parley.model.conversations.apply`, in SQL."""

    def __init__(self, connection: sqlite3.Connection, keys: Keys) -> None:
        self._connection = connection
        self._keys = keys
        self._changes: Final[dict[type[Entry], Callable[[int, Any], None]]] = {
            ConversationCreated: self._created,
            ConversationChanged: self._changed,
            ConversationDeleted: self._deleted,
            MemberJoined: self._joined,
            MemberLeft: self._left,
            MemberChanged: self._member_changed,
            MessagePinned: self._pinned,
            MessageUnpinned: self._unpinned,
            MessageDeleted: self._unpinned,
        }

    def follow(self, conversation: int, entry: Entry) -> None:
        """Apply one entry."""
        change = self._changes.get(type(entry))
        if change is not None:
            change(conversation, entry)

    def _created(self, conversation: int, entry: ConversationCreated) -> None:
        data = encode_data(entry.data)
        self._connection.execute(
            _CREATE, (entry.kind, entry.name, entry.topic, data, entry.at, conversation)
        )
        if entry.kind == "room":
            # Before the members, whom it counts.
            self._name_room(_CREATE_ROOM, conversation, entry.name, entry.conversation_id)
        for first in entry.members:
            self._put(conversation, first.user_id, first.role, entry.seq)

    def _changed(self, conversation: int, entry: ConversationChanged) -> None:
        for name in entry.changes.__struct_fields__:
            value = getattr(entry.changes, name)
            if value is not msgspec.UNSET:
                self._connection.execute(
                    f"UPDATE conversations SET {name} = ? WHERE key = ?",
                    (encode_data(value) if name == "data" else value, conversation),
                )
        if not isinstance(entry.changes.name, msgspec.UnsetType):
            self._name_room(_RENAME_ROOM, conversation, entry.changes.name, entry.conversation_id)

    def _name_room(
        self, statement: str, conversation: int, name: str | None, conversation_id: ConversationId
    ) -> None:
        keys = room_key(name or ""), directory_key(name or "", conversation_id)
        self._connection.execute(statement, (conversation, *keys))

    def _deleted(self, conversation: int, _entry: ConversationDeleted) -> None:
        execute = self._connection.execute
        execute("UPDATE conversations SET deleted = 1 WHERE key = ?", (conversation,))
        execute("DELETE FROM rooms WHERE conversation = ?", (conversation,))
        execute("DELETE FROM members WHERE conversation = ?", (conversation,))
        execute("DELETE FROM pins WHERE conversation = ?", (conversation,))
        execute("DELETE FROM bans WHERE conversation = ?", (conversation,))

    def _joined(self, conversation: int, entry: MemberJoined) -> None:
        self._put(conversation, entry.user_id, entry.role, entry.seq)

    def _left(self, conversation: int, entry: MemberLeft) -> None:
        self._connection.execute(
            "DELETE FROM members WHERE conversation = ? AND person = ?",
            (conversation, self._keys.person(entry.user_id)),
        )
        if entry.reason == "banned":
            self._ban(conversation, entry)
        if entry.owner_id is not None:
            self._set_role(conversation, entry.owner_id, "owner")
        self._connection.execute(_DELETE_EMPTY_GROUP, (conversation,))

    def _member_changed(self, conversation: int, entry: MemberChanged) -> None:
        if entry.banned is not None:
            (self._ban if entry.banned else self._lift_ban)(conversation, entry)
        if entry.role is not None:
            self._set_role(conversation, entry.user_id, entry.role)
        if entry.role == "owner" and entry.actor_id != entry.user_id:
            past = (conversation, self._keys.person(entry.actor_id))
            heir = (conversation, self._keys.person(entry.user_id))
            self._connection.execute(_STEP_DOWN, (*past, *heir))

    def _ban(self, conversation: int, entry: MemberLeft | MemberChanged) -> None:
        person, actor = self._keys.person(entry.user_id), self._keys.person(entry.actor_id)
        self._connection.execute(_PUT_BAN, (conversation, person, actor, entry.at))

    def _lift_ban(self, conversation: int, entry: MemberChanged) -> None:
        self._connection.execute(
            "DELETE FROM bans WHERE conversation = ? AND person = ?",
            (conversation, self._keys.person(entry.user_id)),
        )

    def _pinned(self, conversation: int, entry: MessagePinned) -> None:
        person = self._keys.person(entry.actor_id)
        self._connection.execute(_PUT_PIN, (conversation, entry.message_seq, person))

    def _unpinned(self, conversation: int, entry: MessageUnpinned | MessageDeleted) -> None:
        self._connection.execute(
            "DELETE FROM pins WHERE conversation = ? AND message_seq = ?",
            (conversation, entry.message_seq),
        )

    def _put(self, conversation: int, user_id: UserId, role: Role, joined_seq: int) -> None:
        person = self._keys.person(user_id)
        self._connection.execute(_PUT_MEMBER, (conversation, person, role, joined_seq))

    def _set_role(self, conversation: int, user_id: UserId, role: Role) -> None:
        self._connection.execute(
            "UPDATE members SET role = ? WHERE conversation = ? AND person = ?",
            (role, conversation, self._keys.person(user_id)),
        )
