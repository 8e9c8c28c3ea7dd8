"""The hostile store does what it is told, and breaks no promise that a store makes."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.adapters.memory.faults import EVENTS, KIND, Crashed, Fate, Faults, Reading
from parley.adapters.memory.log import MemoryLog
from parley.model.entries import MemberJoined, MessageNew
from parley.model.errors import Unavailable
from parley.ports.answers import Answer
from parley.ports.log import Appended, Behind, Down, Unknown
from tests.support.pen import ANN, BEN, Pen, created, said

fates = st.builds(
    Fate,
    event=st.sampled_from(EVENTS[:-1]),
    written=st.integers(0, 4),
    admitted=st.integers(0, 4),
    late=st.booleans(),
    ticks=st.integers(0, 3),
)


async def hostile(*appends: Fate, **options: object) -> tuple[MemoryLog, Pen]:
    """A log with a conversation in it, before these things happen to it."""
    log = MemoryLog(faults=Faults([KIND, *appends], **options))
    pen = Pen("home")
    await log.append(pen.conversation_id, 0, pen.records(created(ANN)))
    return log, pen


def send(log: MemoryLog, pen: Pen, *bodies: str) -> Answer[Appended]:
    after = pen.head
    return log.append(pen.conversation_id, after, pen.records(*(said(body) for body in bodies)))


def kept(log: MemoryLog, pen: Pen) -> list[str]:
    found = (record.entry for record in log.disk.log(pen.conversation_id))
    return [entry.body for entry in found if isinstance(entry, MessageNew)]


async def test_a_lost_race_leaves_us_behind_a_stranger() -> None:
    log, pen = await hostile(Fate(event="rival", written=1))
    appended = await send(log, pen, "one", "two")
    assert appended.count == 1
    assert isinstance(appended.stopped, Behind)
    assert kept(log, pen) == ["one", "I was first"]


async def test_a_rival_may_be_told_what_to_do() -> None:
    log, pen = await hostile(
        Fate(event="rival"),
        rival=lambda _state: MemberJoined(
            actor_id=ANN, client_id="theirs", user_id=BEN, role="guest"
        ),
    )
    appended = await send(log, pen, "one")
    assert isinstance(appended.stopped, Behind)
    assert BEN in log.disk.state(pen.conversation_id).members


async def test_a_twin_is_our_own_command_by_another_node() -> None:
    log, pen = await hostile(Fate(event="twin"))
    appended = await send(log, pen, "one", "two")
    assert appended.count == 0
    assert isinstance(appended.stopped, Behind)
    assert kept(log, pen) == ["one"]


async def test_unknown_may_have_written_more_than_it_admits() -> None:
    log, pen = await hostile(Fate(event="unknown", written=2, admitted=1))
    appended = await send(log, pen, "one", "two", "three")
    assert (appended.count, appended.stopped) == (1, Unknown())
    assert kept(log, pen) == ["one", "two"]


async def test_what_is_late_lands_when_told() -> None:
    log, pen = await hostile(Fate(event="unknown", written=1, late=True))
    await send(log, pen, "one", "two", "three")
    assert kept(log, pen) == ["one"]
    assert log.land() == 2
    assert kept(log, pen) == ["one", "two", "three"]
    assert log.land() == 0


async def test_what_is_late_and_no_longer_fits_never_lands() -> None:
    log, pen = await hostile(Fate(event="unknown", late=True))
    await send(log, pen, "late")
    pen.back_to(1, 0)
    await send(log, pen, "meanwhile")
    assert log.land() == 0
    assert kept(log, pen) == ["meanwhile"]


async def test_down_keeps_what_was_in_and_nothing_else() -> None:
    log, pen = await hostile(Fate(event="down", written=1))
    appended = await send(log, pen, "one", "two")
    assert (appended.count, appended.stopped) == (1, Down())
    assert log.land() == 0
    assert kept(log, pen) == ["one"]


async def test_after_a_crash_nothing_is_answered_and_the_disk_is_left() -> None:
    log, pen = await hostile(Fate(ticks=2), Fate(event="crash", written=1))
    answers = [send(log, pen, "answered too late"), send(log, pen, "one", "two")]
    for _ in range(9):
        await asyncio.sleep(0)
    assert not any(answer.done for answer in answers)
    with pytest.raises(Crashed):
        await log.read(pen.conversation_id, 0)
    again = MemoryLog(log.disk)
    assert len(await again.read(pen.conversation_id, 0)) == 3
    assert kept(again, pen) == ["answered too late", "one"]


async def test_a_reading_may_be_refused() -> None:
    log = MemoryLog(faults=Faults(readings=[Reading(down=True)]))
    with pytest.raises(Unavailable):
        await log.identity()
    assert await log.identity() == log.disk.identity


async def test_a_reading_may_be_old_when_it_arrives() -> None:
    log, pen = await hostile(readings=[Reading(after=3)])
    reading = asyncio.ensure_future(log.read(pen.conversation_id, 0))
    await asyncio.sleep(0)
    await send(log, pen, "meanwhile")
    assert len(await reading) == 1


async def test_answers_keep_the_order_of_their_positions_however_late() -> None:
    log, pen = await hostile(Fate(ticks=7), Fate(ticks=1), Fate(ticks=3))
    heard: list[int] = []
    answers = [send(log, pen, body) for body in ("one", "two", "three")]
    for answer in answers:
        answer.then(lambda done: heard.extend(done.result().positions))
    await answers[1]
    await answers[2]
    assert heard == [2, 3, 4]


async def test_no_answer_comes_before_append_has_returned() -> None:
    log, pen = await hostile(Fate(ticks=0))
    answer = send(log, pen, "one")
    assert not answer.done
    await answer


async def test_a_seed_gives_the_same_misfortune_again() -> None:
    one, two = Faults.seeded(7), Faults.seeded(7)
    assert [one.next_append() for _ in range(50)] == [two.next_append() for _ in range(50)]


async def test_spared_it_is_kind() -> None:
    faults = Faults.seeded(7, rate=1.0)
    faults.spare()
    assert {faults.next_append() for _ in range(20)} == {KIND}


@given(script=st.lists(fates, max_size=12), sizes=st.lists(st.integers(1, 4), min_size=12))
async def test_no_misfortune_makes_a_hole_or_a_false_answer(
    script: list[Fate], sizes: list[int]
) -> None:
    log, pen = await hostile(*script)
    for size in sizes[:12]:
        head = log.disk.head(pen.conversation_id)
        pen.back_to(head, log.disk.state(pen.conversation_id).messages)
        after = pen.head
        records = pen.records(*(said("hi") for _ in range(size)))
        appended = await log.append(pen.conversation_id, after, records)
        log.land()
        written = log.disk.log(pen.conversation_id)
        assert [record.entry.seq for record in written] == list(range(1, len(written) + 1))
        confirmed = [record.entry for record in written[head : head + appended.count]]
        assert confirmed == [record.entry for record in records[: appended.count]]
        assert (appended.stopped is None) == (appended.count == size)
