"""Who keeps whom out."""

import msgspec
import pytest

from parley.model.bans import ban, lift_ban
from parley.model.conversations import Ban, Member, State, apply
from parley.model.entries import ConversationDeleted, Entry, MemberChanged, MemberLeft
from parley.model.errors import Banned, Conflict, Forbidden, NotAMember, NotFound
from parley.model.ids import ConversationId, UserId
from parley.model.permissions import add_member
from parley.model.rooms import join_room

OWNER, ADMIN, MEMBER, OUTSIDER = (UserId(name) for name in ("owner", "admin", "member", "out"))


def happen(state: State, entry: Entry | None) -> None:
    """Apply an entry where it comes in the log."""
    assert entry is not None
    apply(state, msgspec.structs.replace(entry, seq=state.head + 1))


@pytest.fixture
def state() -> State:
    members = {
        OWNER: Member("owner", 1),
        ADMIN: Member("admin", 2),
        MEMBER: Member("member", 3),
    }
    return State(ConversationId("c"), head=3, kind="room", members=members)


def test_a_member_is_taken_out_by_it_and_an_outsider_only_kept_out(state):
    assert ban(state, ADMIN, MEMBER, most=9) == MemberLeft(
        actor_id=ADMIN, user_id=MEMBER, reason="banned"
    )
    assert ban(state, ADMIN, OUTSIDER, most=9) == MemberChanged(
        actor_id=ADMIN, user_id=OUTSIDER, banned=True
    )


@pytest.mark.parametrize(
    ("actor", "banned", "error"),
    [
        (MEMBER, OUTSIDER, Forbidden),
        (ADMIN, OWNER, Forbidden),
        (ADMIN, ADMIN, Forbidden),
        (OWNER, OWNER, Forbidden),
        (OUTSIDER, MEMBER, NotAMember),
    ],
)
def test_only_who_is_above_keeps_out(state, actor, banned, error):
    with pytest.raises(error):
        ban(state, actor, banned, most=9)


def test_nobody_is_kept_out_of_a_direct_conversation():
    members = {OWNER: Member("member", 1), MEMBER: Member("member", 1)}
    state = State(ConversationId("c"), head=1, kind="direct", members=members)
    with pytest.raises(Forbidden):
        ban(state, OWNER, MEMBER, most=9)
    with pytest.raises(NotFound):
        ban(state, OUTSIDER, MEMBER, most=9)


def test_who_is_banned_neither_joins_nor_is_brought_in_until_it_is_lifted(state):
    for entry in (ban(state, ADMIN, MEMBER, most=9), ban(state, ADMIN, OUTSIDER, most=9)):
        happen(state, entry)
    for one in (MEMBER, OUTSIDER):
        assert ban(state, OWNER, one, most=9) is None
        with pytest.raises(Banned):
            join_room(state, one, most=9)
        with pytest.raises(Banned):
            add_member(state, OWNER, one, role="member", most=9)
        happen(state, lift_ban(state, OWNER, one))
        assert lift_ban(state, OWNER, one) is None
        assert join_room(state, one, most=9) is not None


def test_there_is_an_end_to_it(state):
    happen(state, ban(state, ADMIN, OUTSIDER, most=1))
    with pytest.raises(Conflict):
        ban(state, ADMIN, MEMBER, most=1)


def test_only_admins_lift_it(state):
    happen(state, ban(state, ADMIN, OUTSIDER, most=9))
    with pytest.raises(Forbidden):
        lift_ban(state, MEMBER, OUTSIDER)
    with pytest.raises(NotAMember):
        lift_ban(state, OUTSIDER, OUTSIDER)


def test_it_says_who_and_when_and_ends_with_the_conversation(state):
    entry = MemberLeft(actor_id=ADMIN, user_id=MEMBER, reason="banned", at="2026-01-01", seq=4)
    overlay = state.overlay()
    apply(overlay, entry)
    assert state.banned == {}
    assert overlay.banned == {MEMBER: Ban(ADMIN, "2026-01-01")}
    apply(overlay, ConversationDeleted(actor_id=OWNER, seq=5))
    assert dict(overlay.banned) == {}
