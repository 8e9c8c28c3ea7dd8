"""Bans: pure rules of who may keep somebody out of a group or room, and let them in again."""

from parley.model.administration import require_admin
from parley.model.conversations import RANK, State
from parley.model.entries import MemberChanged, MemberLeft
from parley.model.errors import Conflict, Forbidden
from parley.model.ids import UserId


def ban(
    state: State, actor_id: UserId, user_id: UserId, *, most: int
) -> MemberLeft | MemberChanged | None:
    """The entry by which an admin keeps somebody out, whom it takes out if they are in; None where they are banned.

    Raises:
        NotFound: The conversation is not there for this person (`NotAMember` where it is a room).
        Forbidden: This person is no admin, or the other's rank is not below theirs; nobody is admin of a direct one.
        Conflict: `most` people are banned.
    """
    mine = require_admin(state, actor_id)
    if user_id in state.banned:
        return None
    theirs = state.role(user_id)
    if theirs is not None and RANK[theirs] >= RANK[mine]:
        raise Forbidden("Your role does not allow this.")
    if len(state.banned) >= most:
        raise Conflict("As many people are banned here as may be.", most=most)
    if theirs is None:
        return MemberChanged(actor_id=actor_id, user_id=user_id, banned=True)
    return MemberLeft(actor_id=actor_id, user_id=user_id, reason="banned")


def lift_ban(state: State, actor_id: UserId, user_id: UserId) -> MemberChanged | None:
    """The entry by which an admin lets somebody come in again; None where they are not banned.

    Raises as `require_admin`.
    """
    require_admin(state, actor_id)
    if user_id not in state.banned:
        return None
    return MemberChanged(actor_id=actor_id, user_id=user_id, banned=False)
