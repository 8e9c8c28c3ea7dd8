"""What Parley says, as far as we look at it; fields that are not named here are passed over."""

from typing import Any

import msgspec
from msgspec import Struct, field

from parley.verify.history import Entry


class Session(Struct):
    """A device signed in. `at` is when it was, by our clock."""

    access_token: str
    at: float = 0.0


class Person(Struct):
    user_id: str


class SignedIn(Session, kw_only=True):
    user: Person


class Hello(Struct):
    """What the CONNECT packet carries; `pid` where the socket can be recovered."""

    pid: str | None = None


class Problem(Struct):
    code: str


class Ack(Struct):
    """The answer to a command; `marks` to that one alone."""

    ok: bool
    entry: Entry | None = None
    error: Problem | None = None
    marks: dict[str, Any] | None = None


class Missed(Struct):
    conversation_id: str
    head: int
    entries: list[Entry]
    gained: dict[str, Any] | None = None
    reset: bool = False


class Lost(Struct):
    conversation_id: str
    seq: int


class Sync(Struct):
    ok: bool
    more: bool = False
    conversations: list[Missed] = []
    lost: list[Lost] = []


class Marks(Struct):
    user_id: str
    delivered: int
    read: int | None = None


class Receipt(Struct):
    conversation_id: str
    marks: list[Marks]


class LogPage(Struct):
    entries: list[Entry]
    more: bool


class Shown(Entry, frozen=True, kw_only=True):
    """A message of the history."""

    reactions: dict[str, list[str]] = field(default_factory=dict)


class MessagePage(Struct):
    items: list[Shown]
    next: int | None = None


class Kept(Struct):
    read: int


class Listed(Struct):
    conversation_id: str
    marks: Kept


class ListPage(Struct):
    items: list[Listed]
    next: str | None = None


_event = msgspec.json.Decoder(list[msgspec.Raw]).decode
_text = msgspec.json.Decoder(str).decode
_entry = msgspec.json.Decoder(Entry).decode
_receipt = msgspec.json.Decoder(Receipt).decode
_ack = msgspec.json.Decoder(tuple[Ack]).decode
_sync = msgspec.json.Decoder(tuple[Sync]).decode

OF_ENTRIES = ("message.", "reaction.", "member.", "conversation.")
"""How the names of the events begin that are entries."""

Decoded = tuple[Entry | Receipt | None, str | None]
"""What an event carries, where we look at it, and the offset behind it."""


def event(frame: str) -> Decoded:
    """An event, from the JSON array that it is. The offset is a last argument that is a string."""
    name, *arguments = _event(frame)
    offset = None
    if len(arguments) > 1 and bytes(arguments[-1]).startswith(b'"'):
        offset = _text(arguments[-1])
    called = _text(name)
    if called == "receipt":
        return _receipt(arguments[0]), offset
    if called.startswith(OF_ENTRIES):
        return _entry(arguments[0]), offset
    return None, offset


def ack(frame: str) -> Ack:
    """An ack, from the JSON array that it is."""
    return _ack(frame)[0]


def sync(frame: str) -> Sync:
    """The ack of a `sync`."""
    return _sync(frame)[0]
