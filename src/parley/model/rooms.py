"""Rooms: conversations with a name of their own, which anyone may find and join."""

from typing import Final

from msgspec import Struct

from parley.model.accounts import folded
from parley.model.conversations import State
from parley.model.entries import Json, MemberJoined
from parley.model.errors import Banned, Conflict, Forbidden, NotFound
from parley.model.ids import ConversationId, UserId
from parley.model.instants import Timestamp

ORDERING_CHARS: Final = 40
"""How much of a name orders the directory; a cursor holds it, so it is bounded."""


class Room(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A room as anyone signed in may see it; with no members, its next joiner owns it."""

    conversation_id: ConversationId
    name: str
    topic: str | None = None
    avatar: str | None = None
    data: Json | None = None
    created_at: Timestamp
    member_count: int


def as_room(state: State, member_count: int | None = None) -> Room:
    """How the directory shows it; `member_count` where the members of `state` are not all of them."""
    return Room(
        conversation_id=state.conversation_id,
        name=state.name or "",
        topic=state.topic,
        avatar=state.avatar,
        data=state.data,
        created_at=state.created_at,
        member_count=len(state.members) if member_count is None else member_count,
    )


def room_key(name: str) -> str:
    """The form in which names of rooms are unique and searched: NFKC, case-folded, runs of white space as one."""
    return " ".join(folded(name).split())


def directory_key(name: str, conversation_id: ConversationId) -> str:
    """What orders rooms in the directory, and no two of them share."""
    return f"{room_key(name)[:ORDERING_CHARS]} {conversation_id}"


def matches(name: str, query: str) -> bool:
    """Whether words of the name follow each other as in `query`, whose last one may be only begun."""
    return f" {room_key(query)}" in f" {room_key(name)}"


def holds(state: State, key: str) -> bool:
    """Whether this is a room of the name with this `room_key`."""
    return (
        state.exists
        and state.kind == "room"
        and state.name is not None
        and room_key(state.name) == key
    )


def join_room(state: State, user_id: UserId, *, most: int) -> MemberJoined | None:
    """The entry by which someone joins a room, an empty one as its owner; None where they are in.

    Raises:
        NotFound: There is no such conversation, or none that is this person's business.
        Forbidden: It is no room.
        Banned: This person was, and nobody has lifted it.
        Conflict: It has `most` members.
    """
    if not state.exists or (state.kind != "room" and user_id not in state.members):
        raise NotFound("There is no such conversation.")
    if state.kind != "room":
        raise Forbidden("Only rooms are joined.")
    if user_id in state.members:
        return None
    if user_id in state.banned:
        raise Banned("You were banned from this room.")
    if len(state.members) >= most:
        raise Conflict("This room has as many members as it may have.", most=most)
    role: Final = "member" if state.members else "owner"
    return MemberJoined(actor_id=user_id, user_id=user_id, role=role)
