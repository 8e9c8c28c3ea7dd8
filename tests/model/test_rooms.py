"""How rooms are called, found and joined, as pure rules."""

import pytest

from parley.model.conversations import Member, State
from parley.model.entries import Role
from parley.model.errors import Conflict, Forbidden, NotFound
from parley.model.ids import ConversationId, UserId
from parley.model.rooms import directory_key, holds, join_room, matches, room_key

ANN, BEN = UserId("ann"), UserId("ben")
HALL = ConversationId("hall")


def room(kind: str = "room", *, name: str = "Hall", **roles: Role) -> State:
    state = State(HALL, head=9, kind=kind, name=name)
    for seq, (user, role) in enumerate(roles.items(), 1):
        state.members[UserId(user)] = Member(role, seq)
    return state


@pytest.mark.parametrize("name", ["tea room", "TEA  Room", " Tea\tRoom ", "Ｔｅａ Room"])
def test_names_that_look_alike_are_one(name: str) -> None:
    assert room_key(name) == room_key("Tea Room")


def test_other_names_are_others() -> None:
    assert room_key("Tearoom") != room_key("Tea Room")


@pytest.mark.parametrize("query", ["", "t", "TEA", "room", "tea ro", "ROOM UP"])
def test_a_name_is_found_by_the_beginnings_of_its_words(query: str) -> None:
    assert matches("Tea Room Upstairs", query)


@pytest.mark.parametrize("query", ["ea", "oom", "room tea", "tea rooms", "coffee"])
def test_a_name_is_not_found_by_what_begins_no_word_of_it(query: str) -> None:
    assert not matches("Tea Room Upstairs", query)


def test_no_two_rooms_have_one_place_in_the_directory() -> None:
    long = "x" * 100
    keys = {directory_key(f"{long}{end}", ConversationId(end)) for end in "abc"}
    assert len(keys) == 3
    assert max(map(len, keys)) < 70


def test_a_room_holds_its_own_name_until_it_is_deleted() -> None:
    state = room(name="Hall")
    assert holds(state, "hall")
    assert not holds(state, "attic")
    state.deleted = True
    assert not holds(state, "hall")


def test_a_group_holds_no_name() -> None:
    assert not holds(room("group", name="Hall"), "hall")


def test_anyone_joins_a_room_as_a_member() -> None:
    entry = join_room(room(ann="owner"), BEN, most=9)
    assert entry is not None
    assert (entry.actor_id, entry.user_id, entry.role) == (BEN, BEN, "member")


def test_who_comes_into_an_empty_room_owns_it() -> None:
    entry = join_room(room(), BEN, most=9)
    assert entry is not None
    assert entry.role == "owner"


def test_joining_twice_changes_nothing() -> None:
    assert join_room(room(ann="owner", ben="guest"), BEN, most=1) is None


def test_a_full_room_takes_nobody_in() -> None:
    with pytest.raises(Conflict):
        join_room(room(ann="owner"), BEN, most=1)


@pytest.mark.parametrize("kind", ["group", "direct"])
def test_an_outsider_learns_nothing_of_what_is_no_room(kind: str) -> None:
    with pytest.raises(NotFound):
        join_room(room(kind, ann="owner"), BEN, most=9)


def test_a_group_is_not_joined_by_its_members_either() -> None:
    with pytest.raises(Forbidden):
        join_room(room("group", ann="owner"), ANN, most=9)


def test_a_deleted_room_is_not_joined() -> None:
    state = room()
    state.deleted = True
    with pytest.raises(NotFound):
        join_room(state, BEN, most=9)
