"""What sockets are sent besides entries: the present state of something that no log keeps, without a seq."""

from collections.abc import Mapping, Sequence
from typing import Final

from msgspec import Struct

from parley.model.ids import ConversationId, UserId
from parley.model.marks import Receipt, Standing
from parley.model.presence import Presence


class PresencePush(Struct, frozen=True):
    """How people appear now who appeared otherwise before."""

    people: Sequence[Presence]


class TypingPush(Struct, frozen=True):
    """Somebody writes; show it for so many milliseconds, or until a message of theirs. Nothing says that it ended."""

    conversation_id: ConversationId
    user_id: UserId
    for_ms: int


class MarksPush(Struct, frozen=True):
    """How this person stands in up to 1,000 conversations: sent once, behind what a recovered connection missed."""

    marks: list[Standing]


class Expiring(Struct, frozen=True):
    """The access token has expired: this connection ends in so many seconds, unless `auth.refresh` brings a new one."""

    expires_in: int


PUSHES: Final[Mapping[str, type[Struct]]] = {
    "receipt": Receipt,
    "marks": MarksPush,
    "presence": PresencePush,
    "typing": TypingPush,
    "auth.expiring": Expiring,
}
"""By the names of their events; the events page of the docs is written from it."""
