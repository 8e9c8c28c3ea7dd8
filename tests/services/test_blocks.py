"""What a block keeps apart, and what it leaves."""

import pytest

from parley.model.errors import Blocked, Conflict, Invalid, NotFound
from parley.model.ids import UserId, direct_id
from parley.ports.bus import BlockChanged, Marked, PresenceChanged, Signal, Typing
from parley.services.contacts import Whom
from parley.services.conversations import NewGroup
from parley.services.messages import Draft
from tests.support.house import House


@pytest.fixture
async def anna(house: House) -> UserId:
    return (await house.person("anna")).user.user_id


@pytest.fixture
async def boris(house: House) -> UserId:
    return (await house.person("boris")).user.user_id


@pytest.fixture
async def carla(house: House) -> UserId:
    return (await house.person("carla")).user.user_id


@pytest.fixture
def signals(house: House) -> list[Signal]:
    heard: list[Signal] = []
    house.bus.subscribe(on_signal=heard.append)
    return heard


async def talk(house: House, one: UserId, other: UserId) -> None:
    await house.messages.send_to(one, other, Draft(body="hello"))
    await house.messages.send_to(other, one, Draft(body="hello"))


async def test_blocks_are_listed_and_put_once(house, signals, anna, boris):
    first = await house.blocks.put(anna, boris)
    house.clock.advance(seconds=5)
    assert await house.blocks.put(anna, boris) == first
    assert (await house.blocks.page(anna, limit=50)).items == [first]
    assert first.user.username == "boris"
    assert (await house.blocks.page(boris, limit=50)).items == []
    assert BlockChanged(anna, boris, blocked=True) in signals
    await house.blocks.remove(anna, boris)
    assert signals[-1] == BlockChanged(anna, boris, blocked=False)
    assert (await house.blocks.page(anna, limit=50)).items == []


async def test_nobody_blocks_themselves_or_a_stranger_to_this_server(house, anna):
    with pytest.raises(Invalid):
        await house.blocks.put(anna, anna)
    with pytest.raises(NotFound):
        await house.blocks.put(anna, UserId("nobody"))


async def test_one_blocks_only_so_many(house, anna):
    people = [(await house.person(name)).user.user_id for name in ("u-1", "u-2", "u-3", "u-4")]
    for one in people[:3]:
        await house.blocks.put(anna, one)
    with pytest.raises(Conflict):
        await house.blocks.put(anna, people[3])
    await house.blocks.put(anna, people[0])


@pytest.mark.parametrize("blocker", ["anna", "boris"])
async def test_nothing_is_said_in_the_direct_conversation_in_either_direction(
    house, anna, boris, blocker
):
    await talk(house, anna, boris)
    where = direct_id(anna, boris)
    one, other = (anna, boris) if blocker == "anna" else (boris, anna)
    await house.blocks.put(one, other)
    for user_id, mine, theirs in ((anna, 2, 3), (boris, 3, 2)):
        says = [
            lambda user_id=user_id: house.messages.send(user_id, where, Draft(body="hi")),
            lambda user_id=user_id: house.messages.send(user_id, where, Draft(body="hi @carla")),
            lambda user_id=user_id, mine=mine: house.messages.edit(user_id, where, mine, "bye"),
            lambda user_id=user_id, theirs=theirs: house.reactions.add(user_id, where, theirs, "+"),
            lambda user_id=user_id, theirs=theirs: house.pins.pin(user_id, where, theirs),
        ]
        for say in says:
            with pytest.raises(Blocked):
                await say()
    with pytest.raises(Blocked):
        await house.messages.send_to(anna, boris, Draft(body="hi"))
    await house.messages.delete(anna, where, 2)
    assert (await house.conversations.open_direct(boris, anna)).head == 4
    await house.blocks.remove(one, other)
    await house.messages.send(anna, where, Draft(body="again"))


async def test_a_direct_conversation_is_not_opened_past_a_block(house, anna, boris):
    await house.blocks.put(boris, anna)
    for open_it in (
        lambda: house.conversations.open_direct(anna, boris),
        lambda: house.messages.send_to(anna, boris, Draft(body="hi")),
    ):
        with pytest.raises(Blocked):
            await open_it()
    assert not (await house.journal.state(direct_id(anna, boris))).head


async def test_a_retry_of_what_was_sent_before_the_block_finds_it(house, anna, boris):
    await talk(house, anna, boris)
    draft = Draft(body="sent", client_id="m-1")
    sent = await house.messages.send(anna, direct_id(anna, boris), draft)
    await house.blocks.put(boris, anna)
    again = await house.messages.send(anna, direct_id(anna, boris), draft)
    assert (again.duplicate, again.entry) == (True, sent.entry)


async def test_who_was_blocked_brings_nobody_into_groups(house, anna, boris, carla):
    group = await house.conversations.create_group(anna, NewGroup(name="Home", members=[carla]))
    await house.blocks.put(boris, anna)
    with pytest.raises(Blocked):
        await house.conversations.add(anna, group.entry.conversation_id, boris)
    with pytest.raises(Blocked) as refused:
        await house.conversations.create_group(anna, NewGroup(name="More", members=[carla, boris]))
    assert refused.value.details == {"user_ids": [boris]}
    await house.conversations.add(carla, group.entry.conversation_id, boris)
    await house.conversations.create_group(boris, NewGroup(name="Mine", members=[anna]))


async def test_in_groups_entries_flow_for_all(house, anna, boris):
    group = await house.conversations.create_group(anna, NewGroup(name="Home", members=[boris]))
    await house.blocks.put(anna, boris)
    where = group.entry.conversation_id
    await house.messages.send(boris, where, Draft(body="hi"))
    assert (await house.messages.page(anna, where)).items[-1].body == "hi"


async def test_neither_typing_nor_receipts_pass_a_block(house, signals, anna, boris):
    await talk(house, anna, boris)
    where = direct_id(anna, boris)
    await house.blocks.put(anna, boris)
    signals.clear()
    assert (await house.typing.say(boris, "phone", where)).for_ms == 0
    await house.marks.mark(boris, where, read=3)
    await house.marks.mark(anna, where, delivered=3)
    await house.timers.pass_time(3)
    assert not [one for one in signals if isinstance(one, Typing)]
    assert {one.to_members for one in signals if isinstance(one, Marked)} == {False}


async def test_presence_does_not_pass_a_block(house, signals, anna, boris):
    await talk(house, anna, boris)
    await house.contacts.add(boris, Whom(user_id=anna), "1.2.3.4")
    await house.blocks.put(anna, boris)
    signals.clear()
    for one in (anna, boris):
        house.presence.arrived(one, "phone")
    await house.timers.pass_time(2)
    for asker, asked in ((anna, boris), (boris, anna)):
        (seen,) = (await house.presence.watch(asker, "phone", [asked])).people
        assert seen.status == "offline"
    for one in (anna, boris):
        house.presence.departed(one, "phone")
    await house.timers.pass_time(20)
    assert not [one for one in signals if isinstance(one, PresenceChanged)]


async def test_once_warm_a_message_to_somebody_asks_for_no_blocks(house, anna, boris):
    await talk(house, anna, boris)
    asked = house.block_store.readings
    for number in range(5):
        await house.messages.send(anna, direct_id(anna, boris), Draft(body=f"{number}"))
    assert house.block_store.readings == asked
