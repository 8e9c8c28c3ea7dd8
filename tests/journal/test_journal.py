"""What a journal promises about the commands given to it."""

import asyncio
from collections.abc import Callable
from itertools import repeat

import pytest

from parley.adapters.memory.faults import Fate, Faults, Reading
from parley.adapters.memory.log import MemoryLog
from parley.journal import journal
from parley.journal.commands import Committed, Unchanged
from parley.model.entries import MemberLeft, MessageNew
from parley.model.errors import ClientIdReused, Conflict, Forbidden, NotFound, Unavailable
from parley.model.ids import ConversationId
from parley.model.permissions import add_member, open_direct
from parley.ports.answers import Answer
from parley.ports.log import Appended, Record
from tests.support.world import ANN, BEN, CAT, HOME, World, created, world_over

WorldWith = Callable[[Faults], World]


async def test_entries_are_numbered_without_holes(world: World) -> None:
    await world.open()
    for body in "abc":
        await world.send(ANN, body)
    assert [entry.seq for entry in world.entries()] == [1, 2, 3, 4]
    assert [entry.messages for entry in world.entries()] == [0, 1, 2, 3]


async def test_commands_given_at_once_keep_their_order(world: World) -> None:
    await world.open()
    answers = [world.send(ANN, str(number)) for number in range(20)]
    for answer in answers:
        await answer
    assert world.bodies() == [str(number) for number in range(20)]


async def test_an_answer_comes_after_the_store_has_the_entry(world: World) -> None:
    await world.open()
    answer = world.send(ANN, "a")
    assert not answer.done
    committed = await answer
    assert world.log.disk.log(HOME)[1].entry == committed.entry


async def test_what_is_committed_is_published_once_and_before_it_is_answered(world: World) -> None:
    await world.open()
    heard: list[int] = []
    answer = world.send(ANN, "a")
    answer.then(lambda _: heard.append(len(world.published)))
    await answer
    assert heard == [2]
    assert [record.entry for record in world.published] == world.entries()
    assert [record.position for record in world.published] == [1, 2]


async def test_time_never_goes_backwards_in_a_log(world: World) -> None:
    await world.open()
    await world.send(ANN, "a")
    world.clock.jump(seconds=-3600)
    await world.send(ANN, "b")
    times = [entry.at for entry in world.entries()]
    assert times == sorted(times)


async def test_a_removal_and_a_message_of_the_removed_person_in_one_group_refuse_the_message(
    world: World,
) -> None:
    await world.open()
    first = world.send(ANN, "goes ahead, so that the next two share a group")
    removal, message = world.remove(ANN, BEN), world.send(BEN, "too late")
    await first
    await removal
    with pytest.raises(NotFound):
        await message
    assert isinstance(world.entries()[-1], MemberLeft)


async def test_a_retry_is_answered_with_the_first(world: World) -> None:
    await world.open()
    first = await world.send(ANN, "a", client_id="x")
    again = await world.send(ANN, "a", client_id="x")
    assert (again.entry, again.duplicate, first.duplicate) == (first.entry, True, False)
    assert world.bodies() == ["a"]


async def test_a_retry_of_what_is_so_already_is_answered_with_the_first(world: World) -> None:
    await world.open()

    def add() -> Answer[Committed]:
        return world.journal.commit(
            HOME,
            ANN,
            lambda state: add_member(state, ANN, CAT, role="member", most=9) or Unchanged(),
            client_id="x",
            digest=world.journal.digest("add", CAT),
        )

    first, again = await add(), await add()
    assert first.entry is not None
    assert (again.entry, again.duplicate) == (first.entry, True)
    with pytest.raises(ClientIdReused):
        await world.journal.commit(
            HOME,
            ANN,
            lambda _state: Unchanged(),
            client_id="x",
            digest=world.journal.digest("another command"),
        )


async def test_a_retry_while_the_first_is_on_its_way_joins_it(world: World) -> None:
    await world.open()
    first, again = world.send(ANN, "a", client_id="x"), world.send(ANN, "a", client_id="x")
    assert (await first).entry == (await again).entry
    assert world.bodies() == ["a"]


async def test_a_retry_after_a_restart_is_answered_with_the_first(world: World) -> None:
    await world.open()
    first = await world.send(ANN, "a", client_id="x")
    later = world_over(MemoryLog(world.log.disk))
    again = await later.send(ANN, "a", client_id="x")
    assert (again.entry, again.duplicate) == (first.entry, True)


@pytest.mark.parametrize("at_once", [True, False])
async def test_a_client_id_is_not_used_for_two_commands(world: World, at_once: bool) -> None:
    await world.open()
    first = world.send(ANN, "a", client_id="x")
    if not at_once:
        await first
    with pytest.raises(ClientIdReused):
        await world.send(ANN, "b", client_id="x")
    assert world.bodies() in (["a"], [])


async def test_two_people_may_use_the_same_client_id(world: World) -> None:
    await world.open()
    await world.send(ANN, "a", client_id="x")
    await world.send(BEN, "b", client_id="x")
    assert world.bodies() == ["a", "b"]


async def test_a_retry_by_someone_who_has_left_is_answered_with_the_first(world: World) -> None:
    await world.open()
    first = await world.send(BEN, "a", client_id="x")
    await world.remove(ANN, BEN)
    again = await world.send(BEN, "a", client_id="x")
    assert (again.entry, again.duplicate) == (first.entry, True)


async def test_an_answer_without_an_entry_waits_for_what_it_rests_on(world: World) -> None:
    await world.open()
    adding, already = world.add(ANN, CAT), world.add(ANN, CAT)
    assert not already.done
    await adding
    assert (await already).entry is None
    assert world.entries()[-1].seq == 2


async def test_a_judge_sees_what_was_handed_to_the_store(world: World) -> None:
    await world.open()
    adding, message = world.add(ANN, CAT), world.send(CAT, "hello")
    await adding
    assert (await message).entry == world.entries()[-1]


async def test_a_judge_that_breaks_fails_its_command_alone(world: World) -> None:
    await world.open()
    before = world.send(ANN, "a")
    broken = world.journal.commit(HOME, ANN, lambda _state: 1 // 0)
    after = world.send(ANN, "b")
    with pytest.raises(ZeroDivisionError):
        await broken
    await before
    await after
    assert world.bodies() == ["a", "b"]


async def test_a_command_given_from_an_answer_finds_its_place(world: World) -> None:
    await world.open()
    chained: list[Answer[object]] = []

    def say_more(_answer: object) -> None:
        chained.append(world.send(ANN, "second"))

    first, other = world.send(ANN, "first"), world.send(ANN, "other")
    first.then(say_more)
    await first
    await other
    await chained[0]
    assert world.bodies() == ["first", "other", "second"] or world.bodies() == [
        "first",
        "second",
        "other",
    ]
    assert [entry.seq for entry in world.entries()] == [1, 2, 3, 4]


# --- when the store is unkind ---------------------------------------------------------------------------------------


async def test_who_loses_the_race_is_judged_again_behind_the_winner(world_with: WorldWith) -> None:
    world = world_with(Faults([Fate(), Fate(event="rival")]))
    await world.open()
    await world.send(ANN, "mine")
    assert world.bodies() == ["I was first", "mine"]
    assert [record.entry.seq for record in world.published] == [1, 2, 3]


async def test_a_removal_by_a_faster_node_refuses_what_was_judged_before_it(
    world_with: WorldWith,
) -> None:
    def removal(_state: object) -> MemberLeft:
        return MemberLeft(actor_id=ANN, client_id="r", user_id=BEN, reason="removed")

    world = world_with(Faults([Fate(), Fate(event="rival")], rival=removal))
    await world.open()
    with pytest.raises(NotFound):
        await world.send(BEN, "too late")
    assert world.bodies() == []


async def test_the_same_command_through_a_faster_node_is_the_answer(world_with: WorldWith) -> None:
    world = world_with(Faults([Fate(), Fate(event="twin")]))
    await world.open()
    committed = await world.send(ANN, "a", client_id="x")
    assert committed.duplicate
    assert world.bodies() == ["a"]


async def test_half_a_batch_is_acked_and_the_other_half_judged_again(world_with: WorldWith) -> None:
    world = world_with(Faults([Fate(), Fate(), Fate(event="rival", written=1)]))
    await world.open()
    answers = [world.send(ANN, body) for body in "abc"]
    for answer in answers:
        await answer
    assert world.bodies() == ["a", "b", "I was first", "c"]


async def test_a_refusal_judged_on_what_was_rolled_back_is_judged_again(
    world_with: WorldWith,
) -> None:
    world = world_with(Faults([Fate(), Fate(), Fate(event="down")]))
    await world.open()
    ahead = world.send(ANN, "ahead")
    removal, message = world.remove(ANN, BEN), world.send(BEN, "still in")
    await ahead
    with pytest.raises(Unavailable):
        await removal
    await message
    assert world.bodies() == ["ahead", "still in"]


@pytest.mark.parametrize("written", [0, 1])
async def test_after_an_unknown_outcome_the_log_says_what_became_of_it(
    world_with: WorldWith, written: int
) -> None:
    world = world_with(Faults([Fate(), Fate(event="unknown", written=written)]))
    await world.open()
    answer = world.send(ANN, "a", client_id="x")
    if written:
        assert (await answer).entry == world.entries()[1]
    else:
        with pytest.raises(Unavailable):
            await answer
    assert (await world.send(ANN, "a", client_id="x")).entry == world.entries()[1]
    assert world.bodies() == ["a"]


async def test_what_lands_late_is_found_by_the_retry(world_with: WorldWith) -> None:
    world = world_with(Faults([Fate(), Fate(event="unknown", late=True)]))
    await world.open()
    with pytest.raises(Unavailable):
        await world.send(ANN, "a", client_id="x")
    assert world.log.land() == 1
    again = await world.send(ANN, "a", client_id="x")
    assert again.duplicate
    assert world.bodies() == ["a"]
    assert [record.entry.seq for record in world.published] == [1, 2]


async def test_where_the_log_cannot_be_read_the_outcome_stays_open_and_the_next_command_goes_on(
    world_with: WorldWith,
) -> None:
    faults = Faults([Fate(), Fate(event="unknown", written=1)], [Reading(), Reading(down=True)])
    world = world_with(faults)
    await world.open()
    first, second = world.send(ANN, "a", client_id="x"), world.send(ANN, "b")
    for answer in (first, second):
        with pytest.raises(Unavailable):
            await answer
    assert (await world.send(ANN, "a", client_id="x")).duplicate
    assert world.bodies() == ["a"]


@pytest.mark.parametrize("failures", [1, 2, 3])
async def test_what_got_in_meanwhile_is_published_once_the_log_can_be_read_again(
    world_with: WorldWith, failures: int
) -> None:
    down = [Reading(down=True)] * failures
    world = world_with(Faults([Fate(event="unknown", written=1)], [Reading(), *down]))
    for _ in range(failures):
        with pytest.raises(Unavailable):
            await world.open()
    await world.open()
    await world.send(ANN, "a")
    assert [record.entry.seq for record in world.published] == [1, 2]


async def test_what_got_in_meanwhile_is_published_even_if_nobody_asks_again(
    world_with: WorldWith, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "LOOK_AGAIN_SECONDS", 0.01)
    down = [Reading(down=True)] * 2
    world = world_with(Faults([Fate(event="unknown", written=1)], [Reading(), *down]))
    with pytest.raises(Unavailable):
        await world.open()
    told = asyncio.Event()
    world.bus.subscribe(on_record=lambda _: told.set())
    async with asyncio.timeout(60):
        await told.wait()
    assert [record.entry.seq for record in world.published] == [1]


async def test_a_conversation_that_cannot_be_loaded_is_unavailable_and_is_tried_again(
    world_with: WorldWith,
) -> None:
    world = world_with(Faults(readings=[Reading(down=True), Reading(down=True)]))
    with pytest.raises(Unavailable):
        await world.open()
    with pytest.raises(Unavailable):
        await world.journal.state(HOME)
    await world.open()
    assert (await world.journal.state(HOME)).head == 1


async def test_a_fault_of_the_adapter_leaves_no_command_hanging(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_conversation_id: ConversationId) -> None:
        raise RuntimeError

    monkeypatch.setattr(world.log, "load", broken)
    with pytest.raises(Unavailable):
        await world.open()


async def test_a_command_that_loses_every_race_gives_up_after_its_patience(
    world_with: WorldWith,
) -> None:
    world = world_with(Faults([Fate(), *repeat(Fate(event="rival"), 200)]))
    await world.open()
    answer = world.send(ANN, "mine")
    while not answer.done:
        world.clock.advance(seconds=0.5)
        await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        await answer


async def test_a_refusal_is_not_given_if_the_look_for_an_earlier_attempt_fails(
    world_with: WorldWith,
) -> None:
    world = world_with(Faults(readings=[Reading(), Reading(down=True)]))
    await world.open()
    with pytest.raises(Unavailable):
        await world.remove(BEN, ANN, client_id="x")


async def test_a_refusal_is_given_if_no_earlier_attempt_is_in(world: World) -> None:
    await world.open()
    with pytest.raises(Forbidden):
        await world.remove(BEN, ANN, client_id="x")


async def test_entries_of_an_overtaken_batch_are_answered_once_each(
    world_with: WorldWith,
) -> None:
    world = world_with(Faults([Fate(), Fate(), Fate(event="rival")]))
    await world.open()
    calls: list[str] = []
    answers = [world.send(ANN, body, client_id=body) for body in "abcd"]
    for body, answer in zip("abcd", answers, strict=True):
        answer.then(lambda _answer, body=body: calls.append(body))
    for answer in answers:
        await answer
    assert calls == ["a", "b", "c", "d"]


# --- memory -----------------------------------------------------------------------------------------------------------


async def test_only_so_many_conversations_stay_awake_and_none_is_forgotten_half_done() -> None:
    world = world_over(MemoryLog(), most_awake=2)
    rooms = [ConversationId(f"room-{number}") for number in range(6)]
    answers = [world.journal.state(room) for room in rooms]
    for answer in answers:
        await answer
    for room in rooms:
        assert (await world.journal.state(room)).conversation_id == room
    assert len(world.journal._awake) <= 6
    await world.journal.state(ConversationId("one more"))
    assert len(world.journal._awake) == 2


async def test_a_direct_conversation_opened_twice_at_once_is_one(world: World) -> None:
    def judge(state: object) -> object:
        return open_direct(state, ANN, BEN) or Unchanged()

    answers = [world.journal.commit(HOME, person, judge) for person in (ANN, BEN)]
    assert [(await answer).entry is None for answer in answers] == [False, True]
    assert len(world.entries()) == 1


async def test_a_group_made_twice_under_one_client_id_is_one(world: World) -> None:
    def judge(state: object) -> object:
        if state.head:
            raise Conflict
        return created()

    digest = world.journal.digest("group")
    first = await world.journal.commit(HOME, ANN, judge, client_id="x", digest=digest)
    again = await world.journal.commit(HOME, ANN, judge, client_id="x", digest=digest)
    assert (again.entry, again.duplicate) == (first.entry, True)


async def test_who_fails_at_hearing_an_answer_keeps_nobody_else_from_theirs(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_answer: object) -> None:
        raise LookupError("a hearer's own mistake")

    await world.open()
    opening = world.send(ANN, "opens the flight")
    batch = [world.send(ANN, body, client_id="x") for body in ("a", "a")]
    batch[0].then(fail)
    last = world.send(ANN, "b")
    async with asyncio.timeout(60):
        await opening
        assert (await batch[1]).entry == (await batch[0]).entry
        await last
        assert (await world.send(ANN, "c")).entry.seq == 5
    assert "a hearer's own mistake" in caplog.text


async def test_a_store_that_answers_at_once_does_not_wind_up_the_stack(world: World) -> None:
    await world.open()
    append = world.log._write

    def at_once(_conversation: ConversationId, _after: int, records: list[Record]) -> object:
        return Answer.of(Appended(len(records), append(records)))

    world.log.append = at_once
    left = 3_000

    def again(_answer: object) -> None:
        nonlocal left
        left -= 1
        if left and left % 10:
            world.send(ANN, "x").then(again)

    while left > 0:
        world.send(ANN, "x").then(again)
    assert len([entry for entry in world.entries() if isinstance(entry, MessageNew)]) >= 2_900
