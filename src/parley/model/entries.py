"""Entries: everything durable that happens in a conversation, one shape in pushes, sync and log.

Fields that are at their default are left out of the JSON. The journal stamps what the head decides
(`conversation_id`, `seq`, `at`, `messages`); until then they hold values that no stamped entry has.
"""

from typing import Any, Final, Literal

import msgspec
from msgspec import Struct

from parley.model.ids import ConversationId, UserId
from parley.model.instants import Timestamp

ConversationKind = Literal["direct", "group", "room"]
Role = Literal["owner", "admin", "member", "guest"]
LeaveReason = Literal["left", "removed", "banned", "erased"]
Json = dict[str, Any]


class Attachment(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A file of a message; `width`, `height` in pixels, `duration` in seconds, `size` in bytes."""

    media_id: str
    name: str
    type: str
    size: int
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    poster_id: str | None = None


class FirstMember(Struct, frozen=True):
    """Who is in a conversation from its first entry on."""

    user_id: UserId
    role: Role


class Entry(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type"):
    """What every entry says: where, which number, when, who, under which client_id, after how many messages."""

    conversation_id: ConversationId = ConversationId("")
    seq: int = 0
    at: Timestamp = Timestamp("")
    actor_id: UserId
    client_id: str = ""
    messages: int = -1

    @property
    def type(self) -> str:
        """The entry's type, which is also the name of its Socket.IO event."""
        return str(self.__struct_config__.tag)


class MessageNew(Entry, frozen=True, kw_only=True, omit_defaults=True, tag="message.new"):
    """A message, always with its present content; emptied, with `deleted_at`, once it was deleted.

    The last three are of history alone (`model.messages.as_shown`): who reacted how, whether it is pinned, and the seq
    of the last entry aimed at it. In the log those come as entries of their own.
    """

    body: str
    attachments: tuple[Attachment, ...] = ()
    reply_to: int | None = None
    mentions: tuple[UserId, ...] = ()
    data: Json | None = None
    edited_at: Timestamp | None = None
    deleted_at: Timestamp | None = None
    reactions: dict[str, list[UserId]] = {}
    pinned: bool = False
    changed_seq: int = 0


class MessageEdited(Entry, frozen=True, kw_only=True, omit_defaults=True, tag="message.edited"):
    message_seq: int
    body: str
    mentions: tuple[UserId, ...] = ()


class MessageDeleted(Entry, frozen=True, kw_only=True, omit_defaults=True, tag="message.deleted"):
    message_seq: int


class MessageAnnotated(
    Entry, frozen=True, kw_only=True, omit_defaults=True, tag="message.annotated"
):
    """What is known only later of a message's attachments, such as a poster frame."""

    message_seq: int
    attachments: tuple[Attachment, ...]


class ReactionAdded(Entry, frozen=True, kw_only=True, omit_defaults=True, tag="reaction.added"):
    message_seq: int
    emoji: str


class ReactionRemoved(Entry, frozen=True, kw_only=True, omit_defaults=True, tag="reaction.removed"):
    message_seq: int
    emoji: str


class MessagePinned(Entry, frozen=True, kw_only=True, omit_defaults=True, tag="message.pinned"):
    message_seq: int


class MessageUnpinned(Entry, frozen=True, kw_only=True, omit_defaults=True, tag="message.unpinned"):
    message_seq: int


class MemberJoined(Entry, frozen=True, kw_only=True, omit_defaults=True, tag="member.joined"):
    user_id: UserId
    role: Role


class MemberLeft(Entry, frozen=True, kw_only=True, omit_defaults=True, tag="member.left"):
    """Someone is no longer in; `owner_id` is the new owner where ownership passed on.

    Who was `banned` does not come in again until an entry lifts it. Of whom the reason is `erased`, every message is
    emptied by it, and deleted since `at`; they may have left before.
    """

    user_id: UserId
    reason: LeaveReason
    owner_id: UserId | None = None


class MemberChanged(Entry, frozen=True, kw_only=True, omit_defaults=True, tag="member.changed"):
    """A member has another role; or, with `banned`, somebody who is not in may no longer come in, or may again.

    An owner who makes another member `owner` is `admin` themselves from here on.
    """

    user_id: UserId
    role: Role | None = None
    banned: bool | None = None


class ConversationCreated(
    Entry, frozen=True, kw_only=True, omit_defaults=True, tag="conversation.created"
):
    """Always entry 1; its members joined with it."""

    kind: ConversationKind
    members: tuple[FirstMember, ...]
    name: str | None = None
    topic: str | None = None
    data: Json | None = None


class Changes(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is set anew of a conversation; what is absent stays."""

    name: str | msgspec.UnsetType | None = msgspec.UNSET
    topic: str | msgspec.UnsetType | None = msgspec.UNSET
    avatar: str | msgspec.UnsetType | None = msgspec.UNSET
    data: Json | msgspec.UnsetType | None = msgspec.UNSET


class ConversationChanged(
    Entry, frozen=True, kw_only=True, omit_defaults=True, tag="conversation.changed"
):
    changes: Changes


class ConversationDeleted(
    Entry, frozen=True, kw_only=True, omit_defaults=True, tag="conversation.deleted"
):
    """Nothing follows it."""


AnyEntry = (
    MessageNew
    | MessageEdited
    | MessageDeleted
    | MessageAnnotated
    | ReactionAdded
    | ReactionRemoved
    | MessagePinned
    | MessageUnpinned
    | MemberJoined
    | MemberLeft
    | MemberChanged
    | ConversationCreated
    | ConversationChanged
    | ConversationDeleted
)


HAPPENINGS: Final[tuple[type[Entry], ...]] = (
    MessagePinned,
    MessageUnpinned,
    MemberJoined,
    MemberLeft,
    MemberChanged,
    ConversationCreated,
    ConversationChanged,
    ConversationDeleted,
)
"""What happens to the conversation itself, beside what is said in it."""


def people_named(entry: Entry) -> tuple[UserId, ...]:
    """Whose membership an entry is about: the first members, who joined, who left."""
    match entry:
        case ConversationCreated():
            return tuple(member.user_id for member in entry.members)
        case MemberJoined() | MemberLeft():
            return (entry.user_id,)
        case _:
            return ()
