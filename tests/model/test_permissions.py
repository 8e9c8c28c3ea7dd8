"""Who may do what, as pure rules."""

import pytest

from parley.model.conversations import Member, State
from parley.model.entries import Role
from parley.model.errors import Conflict, Forbidden, NotAMember, NotFound
from parley.model.ids import ConversationId, UserId
from parley.model.permissions import (
    add_member,
    open_direct,
    remove_member,
    require_member,
    require_writer,
)

ANN, BEN, CAT, DAN = UserId("ann"), UserId("ben"), UserId("cat"), UserId("dan")


def group(kind: str = "group", **roles: Role) -> State:
    state = State(ConversationId("c"), head=9, kind=kind)
    for seq, (name, role) in enumerate(roles.items(), 1):
        state.members[UserId(name)] = Member(role, seq)
    return state


def test_an_outsider_learns_nothing_of_a_group() -> None:
    with pytest.raises(NotFound):
        require_member(group(ann="owner"), BEN)


def test_an_outsider_is_told_that_a_room_is_to_be_joined() -> None:
    with pytest.raises(NotAMember):
        require_member(group("room", ann="owner"), BEN)


def test_a_guest_may_not_write() -> None:
    with pytest.raises(Forbidden):
        require_writer(group(ann="guest"), ANN)


def test_the_direct_conversation_of_two_is_opened_once() -> None:
    entry = open_direct(State(ConversationId("c")), BEN, ANN)
    assert entry is not None
    assert [member.user_id for member in entry.members] == [ANN, BEN]
    assert open_direct(group("direct", ann="member", ben="member"), ANN, BEN) is None


def test_notes_to_oneself_have_one_member() -> None:
    entry = open_direct(State(ConversationId("c")), ANN, ANN)
    assert entry is not None
    assert len(entry.members) == 1


def test_adding_who_is_in_changes_nothing() -> None:
    state = group(ann="owner", ben="member")
    assert add_member(state, ANN, BEN, role="member", most=9) is None


@pytest.mark.parametrize("role", ["admin", "owner"])
def test_nobody_gives_a_role_above_their_own(role: Role) -> None:
    with pytest.raises(Forbidden):
        add_member(group(ann="owner", ben="member"), BEN, CAT, role=role, most=9)


@pytest.mark.parametrize(("mine", "allowed"), [("owner", True), ("admin", False)])
def test_only_an_owner_brings_an_admin_in(mine: Role, allowed: bool) -> None:
    state = group(ann="owner", ben=mine)
    if allowed:
        assert add_member(state, BEN, CAT, role="admin", most=9) is not None
    else:
        with pytest.raises(Forbidden):
            add_member(state, BEN, CAT, role="admin", most=9)


def test_a_full_group_takes_nobody_in() -> None:
    with pytest.raises(Conflict):
        add_member(group(ann="owner", ben="member"), ANN, CAT, role="member", most=2)


def test_nobody_is_added_to_or_removed_from_a_direct_conversation() -> None:
    state = group("direct", ann="member", ben="member")
    with pytest.raises(Forbidden):
        add_member(state, ANN, CAT, role="member", most=9)
    with pytest.raises(Forbidden):
        remove_member(state, ANN, ANN)


@pytest.mark.parametrize(
    ("mine", "theirs", "allowed"),
    [
        ("owner", "admin", True),
        ("admin", "member", True),
        ("admin", "admin", False),
        ("admin", "owner", False),
        ("member", "guest", False),
    ],
)
def test_one_removes_only_those_of_lower_rank_and_only_as_admin(
    mine: Role, theirs: Role, allowed: bool
) -> None:
    state = group(ann=mine, ben=theirs)
    if allowed:
        entry = remove_member(state, ANN, BEN)
        assert entry is not None
        assert entry.reason == "removed"
    else:
        with pytest.raises(Forbidden):
            remove_member(state, ANN, BEN)


def test_the_admin_longest_in_inherits() -> None:
    state = group(ann="owner", ben="member", cat="admin", dan="admin")
    entry = remove_member(state, ANN, ANN)
    assert entry is not None
    assert (entry.owner_id, entry.reason) == (CAT, "left")


def test_without_admins_the_member_longest_in_inherits() -> None:
    state = group(ann="owner", ben="guest", cat="member", dan="member")
    entry = remove_member(state, ANN, ANN)
    assert entry is not None
    assert entry.owner_id == CAT


def test_a_member_who_leaves_passes_nothing_on() -> None:
    entry = remove_member(group(ann="owner", ben="member"), BEN, BEN)
    assert entry is not None
    assert entry.owner_id is None
