"""Ids of people, conversations and commands: opaque to clients, made here."""

import base64
import hashlib
import re
from collections.abc import Callable
from typing import Annotated, NewType

from msgspec import Meta

UserId = NewType("UserId", str)
ConversationId = NewType("ConversationId", str)
SessionId = NewType("SessionId", str)

ID_BYTES = 16
"""128 bits, shown as 26 characters of lower-case base32."""

ClientId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,64}$(?!\n)")]
r"""What a client names a command with, so that a retry is known; compared as bytes.

JavaScript reads the pattern too, from the description of the API: it has no `\Z`. Here `$` alone lets a newline pass.
"""

SERVER_MADE = "~"
"""Begins the client_id of an entry whose client gave none; no client's own can begin so."""

AnyId = Annotated[str, Meta(min_length=1, max_length=40)]
"""An id as a request carries it."""

RandomBytes = Callable[[int], bytes]
"""A source of random bytes, as `secrets.token_bytes`."""

_ID = re.compile(r"[a-z2-7]{26}")


def _text(raw: bytes) -> str:
    return base64.b32encode(raw[:ID_BYTES]).decode().rstrip("=").lower()


def random_id(random: RandomBytes) -> str:
    """A fresh id that nobody can guess."""
    return _text(random(ID_BYTES))


def is_id(text: str) -> bool:
    """Whether this could be the id of anyone or anything here."""
    return _ID.fullmatch(text) is not None


def direct_id(one: UserId, other: UserId) -> ConversationId:
    """The one direct conversation of two people; of one with oneself where they are the same."""
    return ConversationId(_digest("direct", min(one, other), max(one, other)))


def created_id(creator: UserId, client_id: str) -> ConversationId:
    """The group or room that `creator` made under this `client_id`: a retried creation finds the first."""
    return ConversationId(_digest("create", creator, client_id))


def message_id(conversation_id: ConversationId, seq: int) -> str:
    """A message's id: `{conversation_id}-{seq}`."""
    return f"{conversation_id}-{seq}"


def _digest(*parts: str) -> str:
    return _text(hashlib.sha256("\0".join(parts).encode()).digest())
