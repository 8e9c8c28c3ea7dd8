"""Who decides what about a conversation and its members, as pure rules."""

import pytest

from parley.model.administration import (
    change_conversation,
    change_role,
    delete_conversation,
)
from parley.model.conversations import Member, State
from parley.model.entries import Changes, Role
from parley.model.errors import ChatError, Forbidden, LastOwner, NotAMember, NotFound
from parley.model.ids import ConversationId, UserId

ANN, BEN, CAT = UserId("ann"), UserId("ben"), UserId("cat")


def group(kind: str = "group", **roles: Role) -> State:
    state = State(ConversationId("c"), head=9, kind=kind, name="Home", data={"a": 1})
    for seq, (name, role) in enumerate(roles.items(), 1):
        state.members[UserId(name)] = Member(role, seq)
    return state


@pytest.mark.parametrize("role", ["owner", "admin"])
def test_those_in_charge_change_what_it_is_called(role: Role) -> None:
    entry = change_conversation(group(ann=role), ANN, Changes(name="Away"))
    assert entry is not None
    assert entry.changes == Changes(name="Away")


@pytest.mark.parametrize("role", ["member", "guest"])
def test_others_change_nothing_of_it(role: Role) -> None:
    with pytest.raises(Forbidden):
        change_conversation(group(ann=role), ANN, Changes(name="Away"))


def test_an_entry_names_only_what_differs() -> None:
    changes = Changes(name="Home", topic="tea", data={"a": 1})
    entry = change_conversation(group(ann="owner"), ANN, changes)
    assert entry is not None
    assert entry.changes == Changes(topic="tea")


def test_what_is_so_already_changes_nothing() -> None:
    assert change_conversation(group(ann="owner"), ANN, Changes(name="Home", topic=None)) is None


def test_nobody_changes_a_direct_conversation() -> None:
    with pytest.raises(Forbidden):
        change_conversation(group("direct", ann="member", ben="member"), ANN, Changes(topic="x"))


@pytest.mark.parametrize(("kind", "error"), [("group", NotFound), ("room", NotAMember)])
def test_outsiders_change_and_delete_nothing(kind: str, error: type[ChatError]) -> None:
    with pytest.raises(error):
        change_conversation(group(kind, ann="owner"), BEN, Changes(topic="x"))
    with pytest.raises(error):
        delete_conversation(group(kind, ann="owner"), BEN)


def test_only_its_owner_deletes_a_conversation() -> None:
    state = group(ann="owner", ben="admin")
    assert delete_conversation(state, ANN).actor_id == ANN
    with pytest.raises(Forbidden):
        delete_conversation(state, BEN)


def test_a_direct_conversation_is_not_deleted() -> None:
    with pytest.raises(Forbidden):
        delete_conversation(group("direct", ann="member", ben="member"), ANN)


@pytest.mark.parametrize(
    ("mine", "theirs", "new", "allowed"),
    [
        ("owner", "member", "admin", True),
        ("owner", "admin", "guest", True),
        ("owner", "guest", "owner", True),
        ("admin", "member", "guest", True),
        ("admin", "guest", "member", True),
        ("admin", "member", "admin", False),
        ("admin", "member", "owner", False),
        ("admin", "admin", "member", False),
        ("admin", "owner", "member", False),
        ("member", "guest", "member", False),
        ("member", "member", "guest", False),
        ("guest", "member", "guest", False),
    ],
)
def test_only_an_owner_gives_a_role_at_or_above_their_own(
    mine: Role, theirs: Role, new: Role, allowed: bool
) -> None:
    state = group(ann=mine, ben=theirs)
    if allowed:
        entry = change_role(state, ANN, BEN, new)
        assert entry is not None
        assert (entry.user_id, entry.role) == (BEN, new)
    else:
        with pytest.raises(Forbidden):
            change_role(state, ANN, BEN, new)


@pytest.mark.parametrize(
    ("mine", "new", "allowed"),
    [("admin", "guest", True), ("member", "guest", True), ("guest", "member", False),
     ("member", "admin", False), ("admin", "owner", False)],
)  # fmt: skip
def test_one_steps_down_oneself_but_never_up(mine: Role, new: Role, allowed: bool) -> None:
    state = group(ann="owner", ben=mine)
    if allowed:
        assert change_role(state, BEN, BEN, new) is not None
    else:
        with pytest.raises(Forbidden):
            change_role(state, BEN, BEN, new)


def test_the_owner_steps_down_only_by_passing_ownership_on() -> None:
    with pytest.raises(LastOwner):
        change_role(group(ann="owner", ben="admin"), ANN, ANN, "admin")


def test_a_role_that_somebody_has_already_changes_nothing() -> None:
    state = group(ann="owner", ben="admin")
    assert change_role(state, ANN, BEN, "admin") is None
    assert change_role(state, ANN, ANN, "owner") is None


def test_only_members_have_roles() -> None:
    with pytest.raises(NotFound):
        change_role(group(ann="owner"), ANN, CAT, "admin")
    with pytest.raises(NotFound):
        change_role(group(ann="owner"), CAT, ANN, "guest")


def test_there_are_no_roles_to_give_in_a_direct_conversation() -> None:
    with pytest.raises(Forbidden):
        change_role(group("direct", ann="member", ben="member"), ANN, BEN, "guest")
