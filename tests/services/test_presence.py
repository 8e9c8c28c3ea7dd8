"""Who is there, who is told, and when."""

import pytest

from parley.adapters.memory.presence import MemoryPresence
from parley.model.entries import ConversationCreated, FirstMember
from parley.model.errors import TooLarge, Unavailable
from parley.model.ids import ConversationId, UserId
from parley.model.instants import timestamp
from parley.model.presence import Presence
from parley.ports.bus import PresenceChanged, Signal
from parley.services.contacts import Whom
from parley.services.conversations import NewGroup
from parley.services.messages import Draft
from tests.support.clock import START_MS
from tests.support.house import House


class Ears:
    """What each person was told of presence."""

    def __init__(self, house: House) -> None:
        self._signals: list[PresenceChanged] = []
        house.bus.subscribe(on_signal=self._hear)

    def _hear(self, signal: Signal) -> None:
        if isinstance(signal, PresenceChanged):
            self._signals.append(signal)

    def told(self) -> list[tuple[UserId, list[tuple[UserId, str]]]]:
        """Since the last time that somebody asked."""
        signals, self._signals[:] = list(self._signals), []
        return [
            (signal.user_id, [(one.user_id, one.status) for one in signal.people])
            for signal in signals
        ]


@pytest.fixture
def ears(house: House) -> Ears:
    return Ears(house)


async def person(house: House, name: str) -> UserId:
    return (await house.person(name)).user.user_id


async def partners(house: House, one: UserId, other: UserId) -> None:
    """A direct conversation in which both have written."""
    await house.messages.send_to(one, other, Draft(body="hello"))
    await house.messages.send_to(other, one, Draft(body="hello"))


@pytest.fixture
async def anna(house: House) -> UserId:
    return await person(house, "anna")


@pytest.fixture
async def boris(house: House, anna: UserId) -> UserId:
    boris = await person(house, "boris")
    await partners(house, anna, boris)
    return boris


async def status(house: House, asker: UserId, asked: UserId) -> Presence:
    (presence,) = (await house.presence.get(asker, [asked])).people
    return presence


async def test_a_partner_hears_of_the_first_socket_within_a_second(house, ears, anna, boris):
    house.presence.arrived(anna, "laptop")
    assert ears.told() == []
    await house.timers.pass_time(1)
    assert ears.told() == [(boris, [(anna, "online")])]


async def test_more_tabs_and_devices_are_no_news(house, ears, anna, boris):
    house.presence.arrived(anna, "laptop")
    await house.timers.pass_time(1)
    ears.told()
    house.presence.arrived(anna, "phone")
    house.presence.departed(anna, "laptop")
    await house.timers.pass_time(60)
    assert ears.told() == []
    assert (await status(house, boris, anna)).status == "online"


async def test_somebody_is_offline_a_grace_after_their_last_socket_and_was_seen_when_it_went(
    house, ears, anna, boris
):
    for device in ("laptop", "phone"):
        house.presence.arrived(anna, device)
    await house.timers.pass_time(1)
    ears.told()
    house.presence.departed(anna, "laptop")
    await house.timers.pass_time(30)
    house.presence.departed(anna, "phone")
    await house.timers.pass_time(9)
    assert ears.told() == []
    assert (await status(house, boris, anna)).status == "online"
    await house.timers.pass_time(2)
    assert ears.told() == [(boris, [(anna, "offline")])]
    assert (await status(house, boris, anna)).last_seen_at == timestamp(START_MS + 31_000)


async def test_who_reconnects_within_the_grace_never_was_away(house, ears, anna, boris):
    house.presence.arrived(anna, "one")
    await house.timers.pass_time(1)
    ears.told()
    for device in range(5):
        house.presence.departed(anna, "one" if device == 0 else device - 1)
        await house.timers.pass_time(9)
        house.presence.arrived(anna, device)
    await house.timers.pass_time(60)
    assert ears.told() == []


async def test_a_socket_that_ends_twice_counts_once(house, ears, anna, boris):
    house.presence.arrived(anna, "one")
    house.presence.arrived(anna, "two")
    house.presence.departed(anna, "one")
    house.presence.departed(anna, "one")
    await house.timers.pass_time(60)
    assert ears.told() == [(boris, [(anna, "online")])]


async def test_a_restart_shows_nobody_as_gone_who_comes_back(house, ears, anna, boris):
    house.presence.arrived(anna, "one")
    await house.timers.pass_time(1)
    ears.told()
    house.presence.departed(anna, "one")
    await house.presence.close()
    await house.timers.pass_time(3_600)
    house.presence = house.more_presence()
    await house.presence.start()
    assert (await status(house, boris, anna)).status == "online"
    await house.timers.pass_time(9)
    house.presence.arrived(anna, "two")
    await house.timers.pass_time(60)
    assert ears.told() == []


async def test_who_does_not_come_back_after_a_restart_goes_and_was_seen_before_it(
    house, ears, anna, boris
):
    house.presence.arrived(anna, "one")
    await house.timers.pass_time(5)
    ears.told()
    await house.presence.close()
    await house.timers.pass_time(3_600)
    house.presence = house.more_presence()
    await house.presence.start()
    await house.timers.pass_time(11)
    assert ears.told() == [(boris, [(anna, "offline")])]
    assert (await status(house, boris, anna)).last_seen_at == timestamp(START_MS + 5_000)
    assert await house.presence_store.connected() == set()


async def test_after_a_crash_too_those_who_were_there_have_a_grace(house, ears, anna, boris):
    house.presence.arrived(anna, "one")
    await house.timers.pass_time(1)
    ears.told()
    house.timers.waiting.clear()
    house.presence = house.more_presence()
    await house.presence.start()
    assert (await status(house, boris, anna)).status == "online"
    await house.timers.pass_time(11)
    assert ears.told() == [(boris, [(anna, "offline")])]


async def test_changes_of_the_same_second_come_together_and_one_that_was_undone_does_not_come(
    house, ears, anna, boris
):
    clara = await person(house, "clara")
    await partners(house, clara, boris)
    house.presence.arrived(anna, "one")
    house.presence.arrived(clara, "two")
    await house.presence.choose(clara, "busy")
    ears.told()
    await house.timers.pass_time(1)
    assert ears.told() == [(boris, [(anna, "online"), (clara, "busy")])]
    await house.presence.choose(clara, "away")
    await house.presence.choose(clara, "busy")
    ears.told()
    await house.timers.pass_time(5)
    assert ears.told() == []


async def test_what_one_chose_is_told_to_partners_and_to_ones_own_devices_and_outlives_signing_out(
    house, ears, anna, boris
):
    house.presence.arrived(anna, "one")
    await house.timers.pass_time(1)
    ears.told()
    await house.presence.choose(anna, "busy")
    await house.timers.pass_time(1)
    assert ears.told() == [(anna, [(anna, "busy")]), (boris, [(anna, "busy")])]
    house.presence.departed(anna, "one")
    await house.timers.pass_time(60)
    house.presence.arrived(anna, "two")
    await house.timers.pass_time(1)
    assert ears.told() == [(boris, [(anna, "offline")]), (boris, [(anna, "busy")])]


async def test_who_becomes_invisible_goes_and_from_then_on_leaves_no_trace(
    house, ears, anna, boris
):
    house.presence.arrived(anna, "one")
    await house.timers.pass_time(20)
    await house.presence.choose(anna, "invisible")
    ears.told()
    await house.timers.pass_time(1)
    assert ears.told() == [(boris, [(anna, "offline")])]
    for device in ("one", "two"):
        house.presence.departed(anna, device)
        await house.timers.pass_time(60)
        house.presence.arrived(anna, "two")
        await house.timers.pass_time(60)
    assert ears.told() == []
    seen = await status(house, boris, anna)
    assert seen == Presence(
        user_id=anna, status="offline", last_seen_at=timestamp(START_MS + 20_000)
    )
    assert (await status(house, anna, anna)).status == "invisible"


async def test_one_who_never_answered_is_not_told(house, ears, anna):
    clara = await person(house, "clara")
    await house.messages.send_to(clara, anna, Draft(body="hello?"))
    house.presence.arrived(anna, "one")
    await house.timers.pass_time(1)
    assert ears.told() == []
    assert await status(house, clara, anna) == Presence(user_id=anna, status="offline")


async def test_people_of_a_group_are_told_only_while_they_watch(house, ears, anna):
    clara = await person(house, "clara")
    made = await house.conversations.create_group(anna, NewGroup(name="Home", members=[clara]))
    assert made.entry is not None
    house.presence.arrived(clara, "c")
    house.presence.arrived(anna, "a")
    await house.timers.pass_time(1)
    assert ears.told() == []
    people = (await house.presence.watch(clara, "c", [anna])).people
    assert [one.status for one in people] == ["online"]
    await house.presence.choose(anna, "busy")
    await house.timers.pass_time(1)
    assert (clara, [(anna, "busy")]) in ears.told()
    await house.presence.watch(clara, "c", [])
    await house.presence.choose(anna, "away")
    await house.timers.pass_time(1)
    assert ears.told() == [(anna, [(anna, "away")])]


async def test_a_watch_ends_with_its_socket_and_with_what_is_shared(house, ears, anna):
    clara, dora = await person(house, "clara"), await person(house, "dora")
    made = await house.conversations.create_group(
        anna, NewGroup(name="Home", members=[clara, dora])
    )
    assert made.entry is not None
    for one in (clara, dora):
        house.presence.arrived(one, one)
        await house.presence.watch(one, one, [anna])
    house.presence.departed(clara, clara)
    await house.conversations.remove(anna, made.entry.conversation_id, dora)
    house.presence.arrived(anna, "a")
    await house.timers.pass_time(2)
    assert ears.told() == []


async def test_a_socket_that_is_gone_watches_nobody(house, anna, boris):
    await house.presence.watch(boris, "gone", [anna])
    assert house.presence._watches.of(anna) == set()


async def test_strangers_and_nobody_look_the_same(house, anna):
    stranger = await person(house, "stranger")
    house.presence.arrived(stranger, "s")
    await house.timers.pass_time(1)
    answer = await house.presence.get(anna, [stranger, UserId("nobody"), stranger])
    assert answer.people == [
        Presence(user_id=stranger, status="offline"),
        Presence(user_id=UserId("nobody"), status="offline"),
    ]


@pytest.mark.parametrize("ask", ["get", "watch"])
async def test_one_asks_for_at_most_200(house, anna, ask):
    house.presence.arrived(anna, "a")
    many = [UserId(f"u{number}") for number in range(201)]
    rest = ["a"] if ask == "watch" else []
    with pytest.raises(TooLarge):
        await getattr(house.presence, ask)(anna, *rest, many)
    assert len((await getattr(house.presence, ask)(anna, *rest, many[:200])).people) == 200


async def test_connecting_in_a_room_of_10_000_tells_no_stranger_and_costs_one_write(
    house, ears, anna
):
    crowd = [UserId(f"u{number}") for number in range(9_999)]
    await house.journal.commit(
        ConversationId("hall"),
        anna,
        lambda _state: ConversationCreated(
            actor_id=anna,
            kind="room",
            name="Hall",
            members=(FirstMember(anna, "owner"), *(FirstMember(one, "member") for one in crowd)),
        ),
    )
    writes: list[int] = []
    note = house.presence_store.note

    async def counted(sightings):
        writes.append(len(sightings))
        await note(sightings)

    house.presence_store.note = counted
    for one in (anna, *crowd[:500]):
        house.presence.arrived(one, one)
    await house.timers.pass_time(60)
    assert ears.told() == []
    assert writes == [501]


async def test_what_could_not_be_kept_is_told_once_it_can(house, ears, anna, boris, monkeypatch):
    async def down(*_args: object) -> None:
        raise Unavailable

    house.presence.arrived(anna, "one")
    with monkeypatch.context() as patch:
        patch.setattr(MemoryPresence, "note", down)
        await house.timers.pass_time(3)
        assert ears.told() == []
    await house.timers.pass_time(1)
    assert ears.told() == [(boris, [(anna, "online")])]


async def test_where_nothing_changes_no_timer_runs(house, anna, boris):
    house.presence.arrived(anna, "one")
    await house.timers.pass_time(1)
    assert house.timers.waiting == []
    house.presence.departed(anna, "one")
    await house.timers.pass_time(12)
    assert house.timers.waiting == []


async def test_once_closed_nothing_is_told(house, ears, anna, boris):
    house.presence.arrived(anna, "one")
    await house.presence.close()
    house.presence.departed(anna, "one")
    await house.timers.pass_time(60)
    assert ears.told() == []


async def test_those_on_a_persons_list_are_told_and_see_them(house, ears):
    anna, boris = await person(house, "anna"), await person(house, "boris")
    await house.contacts.add(anna, Whom(user_id=boris), "1.2.3.4")
    ears.told()
    for one in (anna, boris):
        house.presence.arrived(one, "phone")
    await house.timers.pass_time(1)
    assert ears.told() == [(boris, [(anna, "online")])], (
        "the list is Anna's, and so is what it shows"
    )
    assert (await status(house, boris, anna)).status == "online"
    assert (await status(house, anna, boris)).status == "offline"
    await house.contacts.remove(anna, boris)
    assert (await status(house, boris, anna)).status == "offline"
