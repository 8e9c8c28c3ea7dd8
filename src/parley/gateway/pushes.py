"""What sockets are sent besides entries: the present state of something that no log keeps, without a seq."""

from collections.abc import Mapping, Sequence
from typing import Final

from msgspec import Struct

from parley.model.accounts import Me
from parley.model.contacts import ListedContact
from parley.model.ids import ConversationId, SessionId, UserId
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


class ContactPush(Struct, frozen=True):
    """How somebody is on one's list now."""

    contact: ListedContact


class Asked(ContactPush, frozen=True):
    """Somebody asks to be on each other's lists: accept or decline."""


class Accepted(ContactPush, frozen=True):
    """Somebody who was asked said yes."""


class ContactAdded(Struct, frozen=True):
    """This person has put oneself on their list; one's own is as it was."""

    user_id: UserId


class ContactRemoved(Struct, frozen=True):
    """This person is not on one's list any more, nor asked, nor asking."""

    user_id: UserId


class BlockPush(Struct, frozen=True):
    """One has blocked this person, or does so no more, on another device perhaps."""

    user_id: UserId
    blocked: bool


class MePush(Struct, frozen=True):
    """What one sees of oneself, after a change on any of one's devices."""

    user: Me


class Expiring(Struct, frozen=True):
    """The access token has expired: this connection ends in so many seconds, unless `auth.refresh` brings a new one."""

    expires_in: int


class Revoked(Struct, frozen=True):
    """The session of this connection was ended, which is what happens to the connection next: sign in anew."""

    session_id: SessionId


PUSHES: Final[Mapping[str, type[Struct]]] = {
    "receipt": Receipt,
    "marks": MarksPush,
    "presence": PresencePush,
    "typing": TypingPush,
    "contact.changed": ContactPush,
    "contact.requested": Asked,
    "contact.accepted": Accepted,
    "contact.added": ContactAdded,
    "contact.removed": ContactRemoved,
    "block.changed": BlockPush,
    "me.changed": MePush,
    "auth.expiring": Expiring,
    "session.revoked": Revoked,
}
"""By the names of their events; the events page of the docs is written from it."""
