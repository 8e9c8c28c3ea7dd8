"""Administration: pure rules of what those in charge of a conversation decide about it and its members."""

from typing import Final

import msgspec

from parley.model.conversations import RANK, State
from parley.model.entries import (
    Changes,
    ConversationChanged,
    ConversationDeleted,
    MemberChanged,
    Role,
)
from parley.model.errors import Forbidden, Invalid, LastOwner, NotFound
from parley.model.ids import UserId
from parley.model.permissions import DIRECT_IS_FIXED, require_member
from parley.model.texts import AVATAR_CHARS, NAME_CHARS, TOPIC_CHARS, check_data, check_text

_MOST_CHARS: Final = {"name": NAME_CHARS, "topic": TOPIC_CHARS, "avatar": AVATAR_CHARS}


def require_admin(state: State, user_id: UserId) -> Role:
    """The role of an admin or owner.

    Raises:
        NotFound: The conversation is not there for this person (`NotAMember` where it is a room).
        Forbidden: This person is neither.
    """
    role = require_member(state, user_id)
    if RANK[role] < RANK["admin"]:
        raise Forbidden("Your role does not allow this.")
    return role


def check_changes(changes: Changes) -> None:
    """Pass changes that can be kept and shown.

    Raises:
        Invalid: A name would be taken away; or a text is empty, or can't be stored.
        TooLarge: A text, or the data, is too large.
    """
    if changes.name is None:
        raise Invalid("A name can be changed, but not taken away.", field="name")
    for field, most in _MOST_CHARS.items():
        text = getattr(changes, field)
        if isinstance(text, str):
            check_text(text, field, most_chars=most)
    if isinstance(changes.data, dict):
        check_data(changes.data)


def change_conversation(
    state: State, actor_id: UserId, changes: Changes
) -> ConversationChanged | None:
    """The entry by which an admin changes what a conversation is called or shows; None where all is so already.

    It names only what differs. Raises as `require_admin`; nobody is admin of a direct conversation.
    """
    require_admin(state, actor_id)
    given = {name: getattr(changes, name) for name in changes.__struct_fields__}
    new = {
        name: value
        for name, value in given.items()
        if value is not msgspec.UNSET and value != getattr(state, name)
    }
    return ConversationChanged(actor_id=actor_id, changes=Changes(**new)) if new else None


def delete_conversation(state: State, actor_id: UserId) -> ConversationDeleted:
    """The entry by which its owner ends a conversation for everyone.

    Raises:
        NotFound: The conversation is not there for this person (`NotAMember` where it is a room).
        Forbidden: It is someone else's, or a direct one.
    """
    if require_member(state, actor_id) != "owner":
        raise Forbidden("Only its owner deletes a conversation, and nobody a direct one.")
    return ConversationDeleted(actor_id=actor_id)


def change_role(
    state: State, actor_id: UserId, user_id: UserId, role: Role
) -> MemberChanged | None:
    """The entry by which a member gets another role; None where they have it.

    An owner gives any, their own included: then they are an admin from the same entry on. Others give roles below their
    own, to those below them, and may step down.

    Raises:
        NotFound: The conversation, or such a member, is not there.
        LastOwner: The owner would go without another taking over.
        Forbidden: Not in a direct conversation, not with this rank.
    """
    mine = require_member(state, actor_id)
    if state.kind == "direct":
        raise Forbidden(DIRECT_IS_FIXED)
    theirs = state.role(user_id)
    if theirs is None:
        raise NotFound("There is no such member.", user_id=user_id)
    if role == theirs:
        return None
    if theirs == mine == "owner":
        raise LastOwner("Pass ownership on first: give it to another member.")
    if not _may_give(mine, theirs, role, own=user_id == actor_id):
        raise Forbidden("Your role does not allow this.")
    return MemberChanged(actor_id=actor_id, user_id=user_id, role=role)


def _may_give(mine: Role, theirs: Role, role: Role, *, own: bool) -> bool:
    if mine == "owner":
        return True
    if RANK[role] >= RANK[mine]:
        return False
    return own or (RANK[mine] >= RANK["admin"] and RANK[theirs] < RANK[mine])
