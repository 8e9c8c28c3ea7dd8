"""Marks: how far each member has received and read a conversation, and what follows from it."""

from collections.abc import Iterable
from typing import NamedTuple

from msgspec import Struct

from parley.model.ids import ConversationId, UserId


class Point(NamedTuple):
    """A seq of a conversation, and how many messages there were up to it."""

    seq: int
    messages: int


START = Point(0, 0)


class Mark(Struct, frozen=True, kw_only=True):
    """What is kept of a member in a conversation; who never marked anything has the one with nothing but zeros.

    `read` is where they stand, after `messages` messages; `seen` is the furthest that they ever read, which is what
    others are told: to mark as unread is one's own business. `unread_at` is the head when they last did that: what
    they had written up to there no longer counts as reading.
    """

    delivered: int = 0
    read: int = 0
    messages: int = 0
    seen: int = 0
    unread_at: int = 0

    def joined(self, other: "Mark") -> "Mark":
        """Each field the larger of both: a mark moves forwards, whichever of two comes first."""
        return Mark(
            delivered=max(self.delivered, other.delivered),
            read=max(self.read, other.read),
            messages=max(self.messages, other.messages),
            seen=max(self.seen, other.seen),
            unread_at=max(self.unread_at, other.unread_at),
        )

    def rewound(self, to: "Mark") -> "Mark":
        """The same, but that one stands where `to` does, be it further back."""
        both = self.joined(to)
        return Mark(
            delivered=both.delivered,
            read=to.read,
            messages=to.messages,
            seen=both.seen,
            unread_at=both.unread_at,
        )


def read_up_to(point: Point) -> Mark:
    """The mark of having read to a point, and thereby received it."""
    return Mark(delivered=point.seq, read=point.seq, messages=point.messages, seen=point.seq)


def unread_after(point: Point, head: int) -> Mark:
    """The mark of standing at a point, as asked for when the log reached `head`."""
    return Mark(
        delivered=point.seq,
        read=point.seq,
        messages=point.messages,
        seen=point.seq,
        unread_at=head,
    )


def position(mark: Mark, own: Iterable[Point]) -> Point:
    """Where a member stands: the later of their mark and of what they did themselves since they marked as unread.

    That is to join, and to send: nobody has to read what they wrote, or what was said before they came.
    """
    kept = Point(mark.read, mark.messages)
    return max([kept, *(point for point in own if point.seq > mark.unread_at)])


class Marks(Struct, frozen=True):
    """How far a member has come."""

    delivered: int
    read: int


class MemberMarks(Struct, frozen=True, omit_defaults=True):
    """How far a member has come; what they wrote themselves says more where it is later.

    `read` is absent from a receipt of somebody who only received more.
    """

    user_id: UserId
    delivered: int
    read: int | None = None


class Standing(Struct, frozen=True, kw_only=True):
    """How somebody stands in a conversation: messages after `read`, and those among them that mention this person.

    Both are counted up to `head`, which may be behind or ahead of what was pushed when this is told.
    """

    conversation_id: ConversationId
    head: int
    delivered: int
    read: int
    unread: int
    mentions: int


class Receipt(Struct, frozen=True):
    """Members have come further; of oneself it is where one stands now, further back too. Told at most once a second.

    One's own devices hear of one's marks. Others do where there are up to 100 members; else they ask.
    """

    conversation_id: ConversationId
    marks: list[MemberMarks]


def as_others_see(user_id: UserId, mark: Mark) -> MemberMarks:
    """What is told to others."""
    return MemberMarks(user_id, mark.delivered, mark.seen)
