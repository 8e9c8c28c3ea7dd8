"""What people do is chosen by dice alone."""

import random

from parley.verify.history import Command, View
from parley.verify.plan import Chooser, Place
from tests.verify.histories import ANN, BEN, CAT, HOME, a_log

ROOM = Place("room", "room", BEN)
KINDS = frozenset(
    {
        "message.send",
        "message.edit",
        "message.delete",
        "reaction.add",
        "member.add",
        "member.remove",
        "conversation.join",
        "conversation.leave",
        "conversation.create",
        "mark",
    }
)


def choices(user_id: str, seed: str = "17", kinds: frozenset[str] = KINDS) -> list[Command]:
    chooser = Chooser(
        random.Random(seed),
        "1",
        user_id,
        people=[ANN, BEN, CAT],
        places=[Place(HOME, "group", ANN), ROOM],
        kinds=kinds,
        most_places=5,
    )
    views = {HOME: View(base=0, cursor=9, entries=a_log())}
    made = (chooser.next(views) for _ in range(30_000))
    return [one for one in made if one is not None]


def test_the_same_seed_makes_the_same_choices() -> None:
    assert choices(ANN) == choices(ANN)
    assert choices(ANN) != choices(ANN, "18")


def test_every_kind_of_command_is_chosen() -> None:
    assert {one.kind for one in choices(ANN)} == KINDS - {"conversation.leave"}
    assert "conversation.leave" in {one.kind for one in choices(BEN)}


def test_only_what_the_server_knows_is_chosen() -> None:
    assert {one.kind for one in choices(ANN, kinds=frozenset({"message.send"}))} == {"message.send"}


def test_no_client_id_is_used_twice() -> None:
    names = [one.client_id for one in choices(ANN)]
    assert len(set(names)) == len(names)


def test_an_owner_stays() -> None:
    assert not [one for one in choices(ANN) if one.kind == "conversation.leave"]


def test_people_edit_what_is_their_own() -> None:
    edits = [one.message_seq for one in choices(BEN) if one.kind == "message.edit"]
    assert set(edits) == {3, 9}


def test_now_and_then_somebody_writes_where_they_are_not() -> None:
    assert any(
        one.kind == "message.send" and one.conversation_id == ROOM.conversation_id
        for one in choices(ANN)
    )
