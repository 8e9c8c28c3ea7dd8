"""What grows has an end, which is said clearly."""

import pytest

from parley.journal.capacity import Capacity
from parley.model.errors import Conflict, RateLimited
from parley.model.ids import UserId, direct_id
from parley.model.rates import rate
from parley.services.conversations import NewGroup
from parley.services.messages import Draft, Messages
from parley.services.reactions import Reactions
from parley.services.rooms import NewRoom
from tests.support.house import House


@pytest.fixture
async def anna(house: House) -> UserId:
    return (await house.person("anna")).user.user_id


@pytest.fixture
async def boris(house: House) -> UserId:
    return (await house.person("boris")).user.user_id


async def fill(house: House, user_id: UserId) -> None:
    """Have them in as many conversations as one may be."""
    for number in range(20):
        await house.conversations.create_group(user_id, NewGroup(name=f"{number}"))


async def test_who_is_in_as_many_conversations_as_one_may_be_comes_into_no_other(
    house, anna, boris
):
    first = NewGroup(name="first", client_id="g-1")
    made = await house.conversations.create_group(anna, first)
    hall = (await house.rooms.create(boris, NewRoom(name="Hall"))).entry.conversation_id
    den = await house.conversations.create_group(boris, NewGroup(name="Den"))
    for number in range(19):
        await house.conversations.create_group(anna, NewGroup(name=f"{number}"))
    ways = [
        lambda: house.conversations.create_group(anna, NewGroup(name="one more")),
        lambda: house.conversations.create_group(boris, NewGroup(name="x", members=[anna])),
        lambda: house.rooms.create(anna, NewRoom(name="Attic")),
        lambda: house.rooms.join(anna, hall),
        lambda: house.conversations.add(boris, den.entry.conversation_id, anna),
        lambda: house.conversations.open_direct(anna, boris),
        lambda: house.conversations.open_direct(boris, anna),
        lambda: house.messages.send_to(boris, anna, Draft(body="hi")),
    ]
    for way in ways:
        with pytest.raises(Conflict) as refused:
            await way()
        assert refused.value.details == {"user_ids": [anna], "most": 20}
    assert (await house.conversations.create_group(anna, first)).duplicate
    await house.conversations.remove(anna, made.entry.conversation_id, anna)
    await house.rooms.join(anna, hall)
    assert (await house.rooms.join(anna, hall)).entry is None, "who is in is in"


async def test_a_name_that_nobody_could_get_is_not_taken(house, anna, boris):
    await fill(house, anna)
    with pytest.raises(Conflict):
        await house.rooms.create(anna, NewRoom(name="Attic"))
    await house.rooms.create(boris, NewRoom(name="Attic"))


async def test_a_conversation_takes_so_many_messages(house, anna, boris):
    await house.messages.send_to(anna, boris, Draft(body="hello"))
    messages = Messages(
        journal=house.journal,
        blocking=house.blocking,
        capacity=Capacity(views=house.conversation_views),
        log=house.log,
        accounts=house.account_store,
        spawn=house.background.spawn,
        sending=rate(0.2, house.clock.monotonic),
    )
    where = direct_id(anna, boris)
    for user_id in (anna, boris):
        await messages.send(user_id, where, Draft(body="hi"))
    with pytest.raises(RateLimited):
        messages.send(anna, where, Draft(body="hi"))
    await messages.send_to(anna, anna, Draft(body="a note"))
    house.clock.advance(seconds=5)
    await messages.send(anna, where, Draft(body="hi"))


async def test_nobody_grows_a_log_by_reacting_and_taking_it_back(house, anna, boris):
    await house.messages.send_to(anna, boris, Draft(body="hello"))
    reactions = Reactions(
        journal=house.journal, blocking=house.blocking, reacting=rate(1, house.clock.monotonic)
    )
    where = direct_id(anna, boris)
    for _ in range(10):
        await reactions.add(boris, where, 2, "+")
        await reactions.remove(boris, where, 2, "+")
    with pytest.raises(RateLimited) as refused:
        await reactions.add(boris, where, 2, "+")
    assert refused.value.details["retry_after"] == 1
    await reactions.add(anna, where, 2, "+")
