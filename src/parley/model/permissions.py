"""Who may do what in a conversation: pure rules over its state, each raising the error that its caller meets."""

from parley.model.conversations import RANK, State
from parley.model.entries import (
    ConversationCreated,
    FirstMember,
    MemberJoined,
    MemberLeft,
    Role,
)
from parley.model.errors import Conflict, Forbidden, NotAMember, NotFound
from parley.model.ids import UserId

DIRECT_IS_FIXED = "The people of a direct conversation don't change."


def require_member(state: State, user_id: UserId) -> Role:
    """The role of a member.

    Raises:
        NotFound: There is no such conversation, or none that is this person's business.
        NotAMember: It is a room, whose existence is no secret.
    """
    role = state.role(user_id)
    if role is not None and state.exists:
        return role
    if state.exists and state.kind == "room":
        raise NotAMember
    raise NotFound("There is no such conversation.")


def require_writer(state: State, user_id: UserId) -> None:
    """Pass members who may write: all but guests."""
    if require_member(state, user_id) == "guest":
        raise Forbidden("Guests may only read.")


def open_direct(state: State, actor_id: UserId, other_id: UserId) -> ConversationCreated | None:
    """The entry that opens the direct conversation of two people; None where it is open."""
    if state.head:
        return None
    people = sorted({actor_id, other_id})
    return ConversationCreated(
        actor_id=actor_id,
        kind="direct",
        members=tuple(FirstMember(user_id, "member") for user_id in people),
    )


def add_member(
    state: State, actor_id: UserId, user_id: UserId, *, role: Role, most: int
) -> MemberJoined | None:
    """The entry by which a member brings someone in; None where they are in.

    Raises:
        Forbidden: Not in this kind of conversation, not with this rank, or not with more than `most` members.
    """
    mine = require_member(state, actor_id)
    if state.kind == "direct":
        raise Forbidden(DIRECT_IS_FIXED)
    if RANK[mine] < RANK["member"] or RANK[role] > RANK[mine] or role == "owner":
        raise Forbidden("Your role does not allow this.")
    if user_id in state.members:
        return None
    if len(state.members) >= most:
        raise Conflict("This conversation has as many members as it may have.", most=most)
    return MemberJoined(actor_id=actor_id, user_id=user_id, role=role)


def remove_member(state: State, actor_id: UserId, user_id: UserId) -> MemberLeft | None:
    """The entry by which someone is removed, or leaves where both are the same; None where they are not in.

    Ownership passes to the admin who is in longest, else to the member who is.

    Raises:
        Forbidden: Not in this kind of conversation, or the other's rank is not below one's own.
    """
    mine = require_member(state, actor_id)
    if state.kind == "direct":
        raise Forbidden(DIRECT_IS_FIXED)
    theirs = state.role(user_id)
    if theirs is None:
        return None
    if user_id == actor_id:
        heir = _heir(state) if theirs == "owner" else None
        return MemberLeft(actor_id=actor_id, user_id=user_id, reason="left", owner_id=heir)
    if RANK[mine] < RANK["admin"] or RANK[mine] <= RANK[theirs]:
        raise Forbidden("Your role does not allow this.")
    return MemberLeft(actor_id=actor_id, user_id=user_id, reason="removed")


def _heir(state: State) -> UserId | None:
    others = [
        (-RANK[member.role], member.joined_seq, user_id)
        for user_id, member in state.members.items()
        if member.role != "owner"
    ]
    return min(others)[2] if others else None
