"""Entries as rows of the table `entries`, and back."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from msgspec import NODEFAULT, Struct

from parley.model.entries import (
    ConversationChanged,
    ConversationCreated,
    ConversationDeleted,
    Entry,
    MemberChanged,
    MemberJoined,
    MemberLeft,
    MessageAnnotated,
    MessageDeleted,
    MessageEdited,
    MessageNew,
    MessagePinned,
    MessageUnpinned,
    ReactionAdded,
    ReactionRemoved,
)
from parley.model.ids import ConversationId, UserId
from parley.ports.log import Record

CODES: Final[Mapping[type[Entry], int]] = {
    MessageNew: 1,
    MessageEdited: 2,
    MessageDeleted: 3,
    MessageAnnotated: 4,
    ReactionAdded: 5,
    ReactionRemoved: 6,
    MessagePinned: 7,
    MessageUnpinned: 8,
    MemberJoined: 9,
    MemberLeft: 10,
    MemberChanged: 11,
    ConversationCreated: 12,
    ConversationChanged: 13,
    ConversationDeleted: 14,
}
"""The column `type`; the table `types` says the same. Never change one, only add."""

MESSAGE: Final = CODES[MessageNew]
CREATED: Final = CODES[ConversationCreated]
JOINED: Final = CODES[MemberJoined]
LEFT: Final = CODES[MemberLeft]
DELETED: Final = CODES[ConversationDeleted]
REACTED: Final = CODES[ReactionAdded]

COLUMNS: Final = """
    entries.position, entries.seq, entries.type, entries.at, actors.id, entries.client_id,
    entries.messages, entries.target, subjects.id, entries.body, entries.extra, entries.edited_at,
    entries.deleted_at, entries.digest
"""
FROM: Final = """
    FROM entries
    JOIN people AS actors ON actors.key = entries.actor
    LEFT JOIN people AS subjects ON subjects.key = entries.subject
"""
"""`SELECT {COLUMNS} {FROM} WHERE …` gives rows for `record` and `entry`."""

Row = tuple[Any, ...]

_TEXTS = ("body", "emoji")
_COLUMN_FIELDS = {"message_seq", "user_id", "edited_at", "deleted_at", *_TEXTS}
_FOLDED_FIELDS = {"reactions", "pinned", "changed_seq"}
"""Shown in history, kept nowhere: they follow from other entries."""


class Shape:
    """Which fields of a type have columns of their own, and a Struct for the rest of them."""

    def __init__(self, kind: type[Entry]) -> None:
        own = [
            field
            for field in msgspec.structs.fields(kind)
            if field.name not in Entry.__struct_fields__
        ]
        names = {field.name for field in own}
        rest = [field for field in own if field.name not in _COLUMN_FIELDS | _FOLDED_FIELDS]
        self.kind = kind
        self.text = next((name for name in _TEXTS if name in names), None)
        self.targets = "message_seq" in names
        self.names_person = "user_id" in names
        self.dated = "edited_at" in names
        self.extra = tuple(field.name for field in rest)
        self._extra_type: type[Struct] = msgspec.defstruct(
            f"{kind.__name__}Extra",
            [_definition(field) for field in rest],
            omit_defaults=True,
            kw_only=True,
        )
        self._decoder = msgspec.json.Decoder(self._extra_type)

    def encode_extra(self, entry: Entry) -> str | None:
        """The rest as JSON; None where all of it is at its default."""
        if not self.extra:
            return None
        rest = {name: getattr(entry, name) for name in self.extra}
        text = msgspec.json.encode(self._extra_type(**rest)).decode()
        return None if text == "{}" else text

    def decode_extra(self, text: str) -> dict[str, Any]:
        return msgspec.structs.asdict(self._decoder.decode(text))


def _definition(field: msgspec.structs.FieldInfo) -> tuple[str, Any] | tuple[str, Any, Any]:
    if field.default is NODEFAULT:
        return field.name, field.type
    return field.name, field.type, field.default


_SHAPES: Final = {kind: Shape(kind) for kind in CODES}
_SHAPES_BY_CODE: Final = {code: _SHAPES[kind] for kind, code in CODES.items()}


def targets(kind: type[Entry]) -> bool:
    """Whether entries of this type fill the column `target`; below, `subject` and `body`."""
    return _SHAPES[kind].targets


def names_person(kind: type[Entry]) -> bool:
    return _SHAPES[kind].names_person


def has_text(kind: type[Entry]) -> bool:
    return _SHAPES[kind].text is not None


def target(entry: Entry) -> int | None:
    """The column `target`."""
    return getattr(entry, "message_seq", None)


def subject(entry: Entry) -> UserId | None:
    """Whom the column `subject` names."""
    return getattr(entry, "user_id", None)


def body(entry: Entry) -> str | None:
    """The column `body`."""
    text = _SHAPES[type(entry)].text
    return None if text is None else getattr(entry, text)


def extra(entry: Entry) -> str | None:
    """The column `extra`."""
    return _SHAPES[type(entry)].encode_extra(entry)


def message_extra(message: MessageNew) -> str | None:
    """The same for a new message: most have nothing that would need JSON, which costs 2 µs even then."""
    if message.attachments or message.reply_to or message.mentions or message.data is not None:
        return extra(message)
    return None


def record(conversation_id: ConversationId, row: Row) -> Record:
    """The record of a row."""
    return Record(entry(conversation_id, row), row[13], row[0])


def entry(conversation_id: ConversationId, row: Row) -> Entry:
    """The entry of a row."""
    _, seq, code, at, actor_id, client_id, messages, aimed, person, text, rest, *_ = row
    shape = _SHAPES_BY_CODE[code]
    own: dict[str, Any] = {} if rest is None else shape.decode_extra(rest)
    if shape.text is not None:
        own[shape.text] = text
    if shape.targets:
        own["message_seq"] = aimed
    if shape.names_person:
        own["user_id"] = person
    if shape.dated:
        own["edited_at"], own["deleted_at"] = row[11], row[12]
    return shape.kind(
        conversation_id=conversation_id,
        seq=seq,
        at=at,
        actor_id=actor_id,
        client_id=client_id,
        messages=messages,
        **own,
    )


def message(conversation_id: ConversationId, row: Row) -> MessageNew:
    """The message of a row of that type."""
    found = entry(conversation_id, row)
    assert isinstance(found, MessageNew)  # noqa: S101  # the queries ask for this type alone
    return found
