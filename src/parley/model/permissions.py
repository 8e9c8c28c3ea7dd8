"""Who may do what in a conversation: pure rules over its state, each raising the error that its caller meets."""

from parley.model.conversations import RANK, State, partner_erased
from parley.model.entries import (
    ConversationCreated,
    FirstMember,
    MemberJoined,
    MemberLeft,
    MessageDeleted,
    MessageEdited,
    MessagePinned,
    MessageUnpinned,
    ReactionAdded,
    ReactionRemoved,
    Role,
)
from parley.model.errors import (
    AccountErased,
    Banned,
    Conflict,
    Forbidden,
    NotAMember,
    NotFound,
)
from parley.model.ids import UserId
from parley.model.messages import Facts

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
    """Pass members who may write: all but guests, and whoever is alone where the other one is erased."""
    if require_member(state, user_id) == "guest":
        raise Forbidden("Guests may only read.")
    if partner_erased(state):
        raise AccountErased


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
    """The entry by which a member brings someone in, an admin only below their own rank; None where they are in.

    Raises:
        Forbidden: Not in this kind of conversation, or not with this rank.
        Banned: This person was, and nobody has lifted it.
        Conflict: It has `most` members.
    """
    mine = require_member(state, actor_id)
    if state.kind == "direct":
        raise Forbidden(DIRECT_IS_FIXED)
    given_above = RANK[role] > RANK["member"] and RANK[role] >= RANK[mine]
    if RANK[mine] < RANK["member"] or given_above or role == "owner":
        raise Forbidden("Your role does not allow this.")
    if user_id in state.members:
        return None
    if user_id in state.banned:
        raise Banned
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


def erase_member(state: State, user_id: UserId) -> MemberLeft:
    """The entry by which somebody's account is erased from a conversation, whether they are in, were, or only wrote.

    Ownership passes on as where an owner leaves. The people of a direct conversation change by this alone.
    """
    heir = _heir(state) if state.role(user_id) == "owner" else None
    return MemberLeft(actor_id=user_id, user_id=user_id, reason="erased", owner_id=heir)


def edit_message(
    state: State, actor_id: UserId, seq: int, body: str, mentions: tuple[UserId, ...]
) -> MessageEdited:
    """The entry by which its sender gives a message another body.

    Raises:
        NotFound: The conversation, or such a message, is not there; a deleted one isn't.
        Forbidden: It is someone else's, or this person may only read.
    """
    require_writer(state, actor_id)
    facts = _present(state, seq)
    if facts.sender_id != actor_id:
        raise Forbidden("Only its sender edits a message.")
    return MessageEdited(
        actor_id=actor_id, message_seq=seq, body=body, mentions=among_members(state, mentions)
    )


def delete_message(state: State, actor_id: UserId, seq: int) -> MessageDeleted | None:
    """The entry by which a message is deleted for everyone: by its sender, or an admin; None where it is.

    Raises:
        NotFound: The conversation, or such a message, is not there.
        Forbidden: It is someone else's, and this person is no admin of a group or room.
    """
    role = require_member(state, actor_id)
    facts = _message(state, seq)
    if facts.sender_id != actor_id and RANK[role] < RANK["admin"]:
        raise Forbidden("Only its sender or an admin deletes a message.")
    return None if facts.deleted else MessageDeleted(actor_id=actor_id, message_seq=seq)


def add_reaction(
    state: State, actor_id: UserId, seq: int, emoji: str, *, most: int
) -> ReactionAdded | None:
    """The entry by which somebody reacts; None where they have so already.

    Raises:
        NotFound: The conversation, or such a message, is not there; a deleted one isn't.
        Forbidden: This person may only read.
        Conflict: The message has `most` different reactions.
    """
    require_writer(state, actor_id)
    reactions = _present(state, seq).reactions
    if actor_id in reactions.get(emoji, ()):
        return None
    if emoji not in reactions and len(reactions) >= most:
        raise Conflict("This message has as many reactions as it may have.", most=most)
    return ReactionAdded(actor_id=actor_id, message_seq=seq, emoji=emoji)


def remove_reaction(state: State, actor_id: UserId, seq: int, emoji: str) -> ReactionRemoved | None:
    """The entry by which somebody takes a reaction of theirs back; None where there is none.

    Raises:
        NotFound: The conversation, or such a message, is not there; a deleted one isn't.
    """
    require_member(state, actor_id)
    if actor_id not in _present(state, seq).reactions.get(emoji, ()):
        return None
    return ReactionRemoved(actor_id=actor_id, message_seq=seq, emoji=emoji)


def pin_message(state: State, actor_id: UserId, seq: int, *, most: int) -> MessagePinned | None:
    """The entry by which a message is pinned; None where it is.

    Raises:
        NotFound: The conversation, or such a message, is not there; a deleted one isn't.
        Forbidden: This person may only read.
        Conflict: `most` are pinned.
    """
    require_writer(state, actor_id)
    _present(state, seq)
    if seq in state.pins:
        return None
    if len(state.pins) >= most:
        raise Conflict("As many messages are pinned as may be.", most=most)
    return MessagePinned(actor_id=actor_id, message_seq=seq)


def unpin_message(state: State, actor_id: UserId, seq: int) -> MessageUnpinned | None:
    """The entry by which a message is no longer pinned; None where it isn't.

    Raises:
        NotFound: The conversation is not there.
        Forbidden: This person may only read.
    """
    require_writer(state, actor_id)
    return MessageUnpinned(actor_id=actor_id, message_seq=seq) if seq in state.pins else None


def among_members(state: State, user_ids: tuple[UserId, ...]) -> tuple[UserId, ...]:
    """Those of these people who are in, as mentions are of members alone."""
    return tuple(user_id for user_id in user_ids if user_id in state.members)


def _message(state: State, seq: int) -> Facts:
    facts = state.message(seq)
    if facts is None:
        raise NotFound("There is no such message.", message_seq=seq)
    return facts


def _present(state: State, seq: int) -> Facts:
    facts = _message(state, seq)
    if facts.deleted:
        raise NotFound("This message was deleted.", message_seq=seq)
    return facts


def _heir(state: State) -> UserId | None:
    others = [
        (-RANK[member.role], member.joined_seq, user_id)
        for user_id, member in state.members.items()
        if member.role != "owner"
    ]
    return min(others)[2] if others else None
