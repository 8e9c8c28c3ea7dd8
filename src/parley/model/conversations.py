"""Conversations: their state, which is `apply` over their log, and what its views show of it."""

import heapq
from collections.abc import Callable, Iterable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
from msgspec import Struct

from parley.model.entries import (
    ConversationChanged,
    ConversationCreated,
    ConversationDeleted,
    ConversationKind,
    Entry,
    Json,
    MemberChanged,
    MemberJoined,
    MemberLeft,
    MessageDeleted,
    MessageNew,
    MessagePinned,
    MessageUnpinned,
    ReactionAdded,
    ReactionRemoved,
    Role,
)
from parley.model.ids import ConversationId, UserId, direct_id
from parley.model.instants import BEGINNING, Timestamp
from parley.model.layered import Layered
from parley.model.messages import Facts, NotLoaded, advanced
from parley.model.preferences import Preference

RANK: dict[Role, int] = {"owner": 3, "admin": 2, "member": 1, "guest": 0}


class Ban(Struct, frozen=True):
    """Someone may not come in: who decided so, and when."""

    actor_id: UserId
    at: Timestamp


class Member(Struct, frozen=True):
    """Someone who is in, since entry `joined_seq`."""

    role: Role
    joined_seq: int


@dataclass(slots=True, eq=True)
class State:
    """What the rules need of a conversation. It exists if and only if its entry 1 does (`head > 0`)."""

    conversation_id: ConversationId
    head: int = 0
    messages: int = 0
    at: Timestamp = BEGINNING
    kind: ConversationKind = "group"
    name: str | None = None
    topic: str | None = None
    avatar: str | None = None
    data: Json | None = None
    created_at: Timestamp = BEGINNING
    deleted: bool = False
    members: MutableMapping[UserId, Member] = field(default_factory=dict)
    pins: MutableMapping[int, UserId] = field(default_factory=dict)
    banned: MutableMapping[UserId, Ban] = field(default_factory=dict)
    facts: MutableMapping[int, Facts | None] = field(default_factory=dict, compare=False)
    """Of the messages that somebody asked for lately, by seq; None where that entry is no message."""

    @property
    def exists(self) -> bool:
        return self.head > 0 and not self.deleted

    def role(self, user_id: UserId) -> Role | None:
        """The role of a member; None of anyone else."""
        member = self.members.get(user_id)
        return member.role if member is not None else None

    def message(self, seq: int) -> Facts | None:
        """The facts of a message; None where no message has this seq.

        Raises:
            NotLoaded: They have to be brought first.
        """
        if not 1 <= seq <= self.head:
            return None
        if seq not in self.facts:
            raise NotLoaded(seq)
        return self.facts[seq]

    def overlay(self) -> "State":
        """The same state to be changed apart from this one; nothing of it is copied that grows with its members."""
        return State(
            conversation_id=self.conversation_id,
            head=self.head,
            messages=self.messages,
            at=self.at,
            kind=self.kind,
            name=self.name,
            topic=self.topic,
            avatar=self.avatar,
            data=self.data,
            created_at=self.created_at,
            deleted=self.deleted,
            members=Layered(self.members),
            pins=Layered(self.pins),
            banned=Layered(self.banned),
            facts=Layered(self.facts),
        )


def apply(state: State, entry: Entry) -> None:
    """Bring `state` from `entry.seq - 1` to `entry.seq`, in place."""
    state.head = entry.seq
    state.at = entry.at
    state.messages = entry.messages
    if isinstance(entry, MessageNew):
        return
    change = _CHANGES.get(type(entry))
    if change is not None:
        change(state, entry)


def fold(conversation_id: ConversationId, entries: Iterable[Entry]) -> State:
    """The state after these entries, from the first on."""
    state = State(conversation_id)
    for entry in entries:
        apply(state, entry)
    return state


def _created(state: State, entry: ConversationCreated) -> None:
    state.kind, state.name, state.topic = entry.kind, entry.name, entry.topic
    state.data, state.created_at = entry.data, entry.at
    for first in entry.members:
        state.members[first.user_id] = Member(first.role, entry.seq)


def _joined(state: State, entry: MemberJoined) -> None:
    state.members[entry.user_id] = Member(entry.role, entry.seq)


def follow_bans(state: State, entry: Entry) -> None:
    """Bring `state.banned` forward by an entry, and nothing else of it."""
    match entry:
        case MemberLeft(reason="banned") | MemberChanged(banned=True):
            state.banned[entry.user_id] = Ban(entry.actor_id, entry.at)
        case MemberChanged(banned=False):
            state.banned.pop(entry.user_id, None)


def _left(state: State, entry: MemberLeft) -> None:
    follow_bans(state, entry)
    state.members.pop(entry.user_id, None)
    if entry.reason == "erased":
        _erased(state, entry)
    if entry.owner_id is not None:
        _set_role(state, entry.owner_id, "owner")
    if not state.members and state.kind == "group":
        state.deleted = True


def _erased(state: State, entry: MemberLeft) -> None:
    """Their messages are emptied; what was pinned of them was unpinned before."""
    for seq, facts in list(state.facts.items()):
        if facts is not None:
            state.facts[seq] = advanced(facts, entry)


def _set_role(state: State, user_id: UserId, role: Role) -> None:
    member = state.members.get(user_id)
    if member is not None:
        state.members[user_id] = Member(role, member.joined_seq)


def _member_changed(state: State, entry: MemberChanged) -> None:
    follow_bans(state, entry)
    if entry.role is None:
        return
    _set_role(state, entry.user_id, entry.role)
    passed_on = entry.role == "owner" and entry.user_id in state.members
    if passed_on and entry.actor_id != entry.user_id and state.role(entry.actor_id) == "owner":
        _set_role(state, entry.actor_id, "admin")


def _changed(state: State, entry: ConversationChanged) -> None:
    for name in entry.changes.__struct_fields__:
        value = getattr(entry.changes, name)
        if value is not msgspec.UNSET:
            setattr(state, name, value)


def _deleted(state: State, _entry: ConversationDeleted) -> None:
    state.deleted = True
    state.members.clear()
    state.pins.clear()
    state.banned.clear()


def _aimed(state: State, entry: MessageDeleted | ReactionAdded | ReactionRemoved) -> None:
    facts = state.facts.get(entry.message_seq)
    if facts is not None:
        state.facts[entry.message_seq] = advanced(facts, entry)


def _message_deleted(state: State, entry: MessageDeleted) -> None:
    state.pins.pop(entry.message_seq, None)
    _aimed(state, entry)


_CHANGES: dict[type[Entry], Callable[[State, Any], object]] = {
    ConversationCreated: _created,
    MemberJoined: _joined,
    MemberLeft: _left,
    MemberChanged: _member_changed,
    ConversationChanged: _changed,
    ConversationDeleted: _deleted,
    MessagePinned: lambda state, entry: state.pins.__setitem__(entry.message_seq, entry.actor_id),
    MessageUnpinned: lambda state, entry: state.pins.pop(entry.message_seq, None),
    MessageDeleted: _message_deleted,
    ReactionAdded: _aimed,
    ReactionRemoved: _aimed,
}


def members_behind(
    state: State, after: str, limit: int
) -> tuple[list[tuple[UserId, Member]], str | None]:
    """Some of the members, longest in first, from behind a key; and the key to go on behind, None at the end.

    A key stays good when the member whose it is has gone.
    """
    keyed = ((_joining_key(one, member), one, member) for one, member in state.members.items())
    found = heapq.nsmallest(limit + 1, (item for item in keyed if item[0] > after))
    page = found[:limit]
    return [(one, member) for _, one, member in page], page[-1][0] if len(found) > limit else None


def _joining_key(user_id: UserId, member: Member) -> str:
    return f"{member.joined_seq:016} {user_id}"


def partner_erased(state: State) -> bool:
    """Whether this is a direct conversation of two of whom one is left: nothing but an erasure leaves one alone."""
    if state.kind != "direct" or len(state.members) != 1:
        return False
    (left,) = state.members
    return state.conversation_id != direct_id(left, left)


class Summary(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A conversation as one of its members sees it. `user_ids` are the people of a direct one.

    `erased` says of a direct one that the other person's account is erased: it can only be read. `muted` and `archived`
    are how this member keeps it.
    """

    conversation_id: ConversationId
    kind: ConversationKind
    name: str | None = None
    topic: str | None = None
    avatar: str | None = None
    data: Json | None = None
    created_at: Timestamp
    at: Timestamp
    head: int
    messages: int
    member_count: int
    role: Role
    user_ids: tuple[UserId, ...] = ()
    erased: bool = False
    muted: bool = False
    archived: bool = False


def summary(state: State, user_id: UserId, preference: Preference | None = None) -> Summary:
    """What a member is shown of a conversation, which they keep by this preference."""
    kept = preference or Preference()
    role = state.role(user_id)
    assert role is not None  # noqa: S101  # callers judged membership on this very state
    return Summary(
        conversation_id=state.conversation_id,
        kind=state.kind,
        name=state.name,
        topic=state.topic,
        avatar=state.avatar,
        data=state.data,
        created_at=state.created_at,
        at=state.at,
        head=state.head,
        messages=state.messages,
        member_count=len(state.members),
        role=role,
        user_ids=tuple(sorted(state.members)) if state.kind == "direct" else (),
        erased=partner_erased(state),
        muted=kept.muted,
        archived=kept.archived,
    )
