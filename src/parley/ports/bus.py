"""How nodes hear of what was committed and of what passes by."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Literal

from msgspec import Struct

from parley.model.accounts import Me
from parley.model.contacts import ListedContact
from parley.model.ids import ConversationId, SessionId, UserId
from parley.model.marks import Receipt
from parley.model.presence import Presence
from parley.ports.log import Record

ContactEvent = Literal[
    "contact.added", "contact.requested", "contact.accepted", "contact.changed", "contact.removed"
]


class SessionRevoked(Struct, frozen=True, tag="session.revoked"):
    """This session of this person ended; its sockets go."""

    user_id: UserId
    session_id: SessionId


class Marked(Struct, frozen=True, tag="receipt"):
    """Marks moved: for all members to hear of, or for the devices of those alone whose marks they are."""

    receipt: Receipt
    to_members: bool


class PresenceChanged(Struct, frozen=True, tag="presence"):
    """What `user_id` is told of these people, on all of their devices."""

    user_id: UserId
    people: tuple[Presence, ...]


class Typing(Struct, frozen=True, tag="typing"):
    """This person writes in this conversation, which its other members see for so many milliseconds."""

    conversation_id: ConversationId
    user_id: UserId
    for_ms: int


class ContactChanged(Struct, frozen=True, tag="contact"):
    """`user_id` is told, on all of their devices, how somebody is on their list now.

    `event` is the push's name; `contact` is None where `other_id` is not, or no longer, on the list.
    """

    user_id: UserId
    event: ContactEvent
    other_id: UserId
    contact: ListedContact | None = None


class BlockChanged(Struct, frozen=True, tag="block"):
    """`user_id` has blocked somebody, or does so no more; their devices are told, and nobody else's."""

    user_id: UserId
    other_id: UserId
    blocked: bool


class MeChanged(Struct, frozen=True, tag="me"):
    """What `user_id` sees of themselves changed; their devices are told, and nobody else's."""

    user_id: UserId
    me: Me


Signal = (
    SessionRevoked | Marked | PresenceChanged | Typing | ContactChanged | BlockChanged | MeChanged
)
"""What passes by: without position, never replayed."""


class Bus(ABC):
    """One order of entries, the same for every reader on every node; each conversation's in order of seq.

    Pushes are a hint, the log is the truth: an entry may be late, or come twice, and a reader that sees a number
    missing reads the log.
    """

    @abstractmethod
    def publish(self, records: Sequence[Record]) -> None:
        """Hand over committed records of one conversation, ascending; returns at once and never fails.

        Called in order of seq. The records may be on their way to readers when this returns, or with them already.
        """

    @abstractmethod
    def signal(self, signal: Signal) -> None:
        """Tell all nodes, this one too, at once."""

    @abstractmethod
    def subscribe(
        self,
        *,
        on_record: Callable[[Record], None] | None = None,
        on_signal: Callable[[Signal], None] | None = None,
    ) -> None:
        """Be called with everything from now on, in the bus's order. A reader's error is logged and stops nothing."""
