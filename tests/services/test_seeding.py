"""Sample people and conversations."""

import pytest

from parley.model.conversations import fold
from parley.model.entries import MessageNew
from parley.model.errors import Conflict, Invalid
from parley.services.seeding import Amount
from tests.support.house import House, a_house

SOME = Amount(people=7, conversations=9, messages=1200, seed=3)


async def seeded(house: House, amount: Amount = SOME, **given):
    return await house.seeding.run(amount, given.get("password"), given.get("report", quiet))


def quiet(_what: str, _done: int, _total: int) -> None:
    """Nobody listens."""


async def logs(house: House) -> dict:
    """Every log, by its conversation."""
    found = {}
    for account in await house.account_store.page("", "", 100):
        for conversation_id in await house.conversation_views.memberships(account.user_id):
            records = await house.log.read(conversation_id, 0)
            found[conversation_id] = [record.entry for record in records]
    return found


async def test_what_was_asked_for_is_there_and_somebody_can_sign_in(house):
    made = await seeded(house)
    kept = await logs(house)
    entries = [entry for log in kept.values() for entry in log]
    assert (made.people, made.conversations, made.messages) == (7, 9, 1200)
    assert made.entries == len(entries)
    assert sum(isinstance(entry, MessageNew) for entry in entries) == 1200
    assert len(await house.account_store.page("", "", 100)) == 7
    assert await house.accounts.login(made.username, made.password)


async def test_its_logs_are_as_all_others(house):
    await seeded(house)
    for conversation_id, log in (await logs(house)).items():
        assert [entry.seq for entry in log] == list(range(1, len(log) + 1))
        assert [entry.at for entry in log] == sorted(entry.at for entry in log)
        assert fold(conversation_id, log) == await house.log.load(conversation_id)


async def test_the_same_seed_makes_the_same_people_who_say_the_same_in_the_same_order():
    told = []
    for _ in range(2):
        with a_house() as house:
            await seeded(house, password="correct horse")
            told.append(
                {
                    conversation_id: [
                        (type(entry), entry.actor_id, getattr(entry, "body", "")) for entry in log
                    ]
                    for conversation_id, log in (await logs(house)).items()
                }
            )
    assert told[0] == told[1]


async def test_a_seed_grows_in_a_store_once_and_others_beside_it(house):
    await seeded(house)
    with pytest.raises(Conflict):
        await seeded(house)
    await seeded(house, Amount(people=7, conversations=9, messages=50, seed=4))
    assert len(await house.account_store.page("", "", 100)) == 14


async def test_people_are_enough_where_nothing_is_said(house):
    made = await seeded(house, Amount(people=1, conversations=0, messages=0, seed=1))
    assert (made.people, made.entries) == (1, 0)


@pytest.mark.parametrize(
    "amount",
    [
        Amount(people=0, conversations=0, messages=0, seed=1),
        Amount(people=1, conversations=-1, messages=0, seed=1),
        Amount(people=1, conversations=0, messages=1, seed=1),
    ],
)
async def test_what_makes_no_sense_is_refused(house, amount):
    with pytest.raises(Invalid):
        await seeded(house, amount)


async def test_somebody_alone_talks_to_themselves_and_in_groups_of_one(house):
    made = await seeded(house, Amount(people=1, conversations=6, messages=30, seed=1))
    assert made.conversations == 6


async def test_it_is_said_how_far_it_is(house):
    told = []
    await seeded(house, report=lambda *line: told.append(line))
    assert ("people", 7, 7) in told
    assert ("conversations", 9, 9) in told
    assert told[-1] == ("messages", 1200, 1200)
