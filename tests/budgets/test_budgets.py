"""What each use case may ask of the stores, and tell: exactly so much."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest

from parley.model.entries import ConversationCreated, FirstMember
from parley.model.ids import ConversationId, UserId, direct_id
from parley.services.contacts import Whom
from parley.services.conversations import NewGroup
from parley.services.messages import Draft
from parley.services.rooms import NewRoom
from tests.support.counting import Costs
from tests.support.house import House

MANY = 10_000


@dataclass
class Scene:
    """Anna and Boris, who have talked, a group of theirs and a room of Boris's; all of it warm."""

    house: House
    costs: Costs
    anna: UserId
    boris: UserId
    group: ConversationId
    hall: ConversationId

    @property
    def direct(self) -> ConversationId:
        return direct_id(self.anna, self.boris)


@pytest.fixture
async def scene(house: House) -> Scene:
    anna, boris = [(await house.person(name)).user.user_id for name in ("anna", "boris")]
    for one, other in ((anna, boris), (boris, anna)):
        await house.messages.send_to(one, other, Draft(body="hello"))
    group = await house.conversations.create_group(anna, NewGroup(name="Home", members=[boris]))
    where = group.entry.conversation_id
    await house.messages.send(boris, where, Draft(body="hello"))
    await house.reactions.add(anna, where, 2, "+")
    hall = await house.rooms.create(boris, NewRoom(name="Hall"))
    await house.timers.pass_time(5)
    costs = Costs()
    for name, store in {
        "log": house.log,
        "conversations": house.conversation_views,
        "accounts": house.account_store,
        "marks": house.mark_store,
        "rooms": house.room_store,
        "preferences": house.preference_store,
        "contacts": house.contact_store,
        "blocks": house.block_store,
    }.items():
        costs.watch(name, store)
    costs.listen(house.bus)
    return Scene(house, costs, anna, boris, where, hall.entry.conversation_id)


UseCase = Callable[[Scene], Awaitable[object]]

APPEND = {"log.append": 1}
USE_CASES: dict[str, tuple[UseCase, dict[str, int], list[str], list[str]]] = {
    "a message to somebody": (
        lambda s: s.house.messages.send(s.anna, s.direct, Draft(body="hi")),
        APPEND,
        ["message.new"],
        [],
    ),
    "a message in a group": (
        lambda s: s.house.messages.send(s.anna, s.group, Draft(body="hi", client_id="m-1")),
        APPEND,
        ["message.new"],
        [],
    ),
    "a message that mentions": (
        lambda s: s.house.messages.send(s.anna, s.group, Draft(body="hi @boris and @anna")),
        {"accounts.named": 1, **APPEND},
        ["message.new"],
        [],
    ),
    "a reaction to a message that is at hand": (
        lambda s: s.house.reactions.add(s.boris, s.group, 2, "+"),
        APPEND,
        ["reaction.added"],
        [],
    ),
    "a reaction that is there already": (
        lambda s: s.house.reactions.add(s.anna, s.group, 2, "+"),
        {},
        [],
        [],
    ),
    "an edit": (
        lambda s: s.house.messages.edit(s.boris, s.group, 2, "hello, all"),
        APPEND,
        ["message.edited"],
        [],
    ),
    "a deletion of a message that has to be brought": (
        lambda s: s.house.messages.delete(s.anna, s.direct, 2),
        {"log.read": 1, "log.aftermaths": 1, **APPEND},
        ["message.deleted"],
        [],
    ),
    "a pin": (
        lambda s: s.house.pins.pin(s.anna, s.group, 2),
        APPEND,
        ["message.pinned"],
        [],
    ),
    "a page of history": (
        lambda s: s.house.messages.page(s.anna, s.group),
        {"log.messages": 1, "log.aftermaths": 1},
        [],
        [],
    ),
    "a page around a message": (
        lambda s: s.house.messages.page(s.anna, s.group, around=2),
        {"log.messages": 2, "log.aftermaths": 1},
        [],
        [],
    ),
    "my conversations": (
        lambda s: s.house.conversations.mine(s.anna),
        {"conversations.listed": 1, "marks.standings": 1, "preferences.of": 1},
        [],
        [],
    ),
    "the members": (lambda s: s.house.conversations.members(s.anna, s.group), {}, [], []),
    "joining a room": (
        lambda s: s.house.rooms.join(s.anna, s.hall),
        {"conversations.full": 1, **APPEND},
        ["member.joined"],
        [],
    ),
    "a ban": (
        lambda s: s.house.bans.ban(s.boris, s.hall, s.anna),
        {"accounts.existing": 1, **APPEND},
        ["member.changed"],
        [],
    ),
    "leaving": (
        lambda s: s.house.conversations.remove(s.anna, s.group, s.anna),
        APPEND,
        ["member.left"],
        [],
    ),
    "a group of two": (
        lambda s: s.house.conversations.create_group(s.anna, NewGroup(name="x", members=[s.boris])),
        {
            "accounts.existing": 1,
            "blocks.blocking": 1,
            "conversations.full": 1,
            "log.load": 1,
            **APPEND,
        },
        ["conversation.created"],
        [],
    ),
    "a contact": (
        lambda s: s.house.contacts.add(s.anna, Whom(user_id=s.boris), "1.2.3.4"),
        {"accounts.get": 2, "contacts.pair": 1, "contacts.count": 1, "contacts.replace": 1},
        [],
        ["ContactChanged", "ContactChanged"],
    ),
    "a block": (
        lambda s: s.house.blocks.put(s.anna, s.boris),
        {"accounts.get": 1, "blocks.put": 1, "blocks.of": 1, "contacts.pair": 1},
        [],
        ["BlockChanged"],
    ),
    "typing": (
        lambda s: s.house.typing.say(s.anna, "phone", s.direct),
        {},
        [],
        ["Typing"],
    ),
}


@pytest.mark.parametrize("name", USE_CASES)
async def test_a_use_case_costs_what_it_may_and_tells_whom_it_must(scene: Scene, name: str) -> None:
    act, stores, entries, signals = USE_CASES[name]
    with scene.costs.counted():
        await act(scene)
        await scene.house.background.settled()
    assert dict(scene.costs.stores) == stores
    assert scene.costs.entries == entries
    assert scene.costs.signals == signals


async def test_reading_is_one_write_and_one_receipt(scene: Scene) -> None:
    with scene.costs.counted():
        await scene.house.marks.mark(scene.anna, scene.direct, read=3)
        await scene.house.timers.pass_time(2)
    assert dict(scene.costs.stores) == {"marks.advance": 1, "marks.standings": 1}
    assert scene.costs.signals == ["Marked"]


@pytest.fixture
async def crowd(scene: Scene) -> ConversationId:
    """A room of ten thousand, Anna among them."""
    where = ConversationId("crowd")
    people = [scene.anna, *(UserId(f"u{number}") for number in range(MANY - 1))]
    members = tuple(FirstMember(one, "member") for one in people)
    made = ConversationCreated(actor_id=scene.anna, kind="room", name="Crowd", members=members)
    await scene.house.journal.commit(where, scene.anna, lambda _state: made)
    await scene.house.messages.send(scene.anna, where, Draft(body="hello"))
    return where


async def test_in_a_room_of_10_000_typing_tells_nobody(scene: Scene, crowd) -> None:
    with scene.costs.counted():
        assert (await scene.house.typing.say(scene.anna, "phone", crowd)).for_ms == 0
    assert (dict(scene.costs.stores), scene.costs.signals) == ({}, [])


async def test_in_a_room_of_10_000_receipts_go_to_the_readers_own_devices(
    scene: Scene, crowd
) -> None:
    heard = []
    scene.house.bus.subscribe(on_signal=heard.append)
    readers = [UserId(f"u{number}") for number in range(300)]
    with scene.costs.counted():
        for reader in readers:
            await scene.house.marks.mark(reader, crowd, read=2)
        await scene.house.timers.pass_time(2)
    assert scene.costs.stores["marks.advance"] == len(readers)
    (receipt,) = heard
    assert (receipt.to_members, len(receipt.receipt.marks)) == (False, len(readers))


async def test_in_a_room_of_10_000_received_marks_are_one_write_a_second(
    scene: Scene, crowd
) -> None:
    with scene.costs.counted():
        for number in range(300):
            await scene.house.marks.mark(UserId(f"u{number}"), crowd, delivered=2)
        await scene.house.timers.pass_time(2)
    assert dict(scene.costs.stores) == {"marks.advance": 1}
    assert scene.costs.signals == ["Marked"]


async def test_in_a_room_of_10_000_coming_and_going_tells_no_stranger(scene: Scene, crowd) -> None:
    with scene.costs.counted():
        for number in range(300):
            scene.house.presence.arrived(UserId(f"u{number}"), number)
        await scene.house.timers.pass_time(2)
    assert scene.costs.signals == []
    assert set(scene.costs.stores) <= {"contacts.kept"}


async def test_a_message_to_10_000_is_one_entry(scene: Scene, crowd) -> None:
    with scene.costs.counted():
        await scene.house.messages.send(scene.anna, crowd, Draft(body="hello, all"))
    assert (dict(scene.costs.stores), scene.costs.entries) == (APPEND, ["message.new"])
