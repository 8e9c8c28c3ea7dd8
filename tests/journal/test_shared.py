"""What a journal promises where other nodes write the same log."""

import asyncio

import pytest

from parley.adapters.memory.disk import Disk
from parley.adapters.memory.faults import Fate, Faults, Reading
from parley.adapters.memory.log import MemoryLog
from parley.model.entries import MemberJoined, MemberLeft
from parley.model.errors import NotFound
from tests.support.world import ANN, BEN, CAT, HOME, World, world_over


class CountedLog(MemoryLog):
    """Counts what it is asked."""

    reads = 0

    async def read(self, *args: object, **options: object) -> list[object]:
        self.reads += 1
        return await super().read(*args, **options)


def a_node(disk: Disk, faults: Faults | None = None) -> World:
    return world_over(CountedLog(disk, faults, shared=True))


@pytest.fixture
async def nodes() -> tuple[World, World]:
    """Two nodes that both have Ann's group with Ben awake, and hear nothing of each other."""
    disk = Disk()
    one, other = a_node(disk), a_node(disk)
    await one.open()
    await other.journal.state(HOME)
    return one, other


Nodes = tuple[World, World]


async def test_who_was_let_in_elsewhere_may_write_here_at_once(nodes: Nodes) -> None:
    one, other = nodes
    await one.add(ANN, CAT)
    committed = await other.send(CAT, "hello")
    assert committed.entry is not None
    assert committed.entry.seq == 3


async def test_who_was_removed_elsewhere_writes_nothing_here(nodes: Nodes) -> None:
    one, other = nodes
    await one.remove(ANN, BEN)
    with pytest.raises(NotFound):
        await other.send(BEN, "one more")
    assert one.bodies() == []


async def test_nothing_is_so_already_that_was_undone_elsewhere(nodes: Nodes) -> None:
    one, other = nodes
    await one.remove(ANN, BEN)
    committed = await other.add(ANN, BEN)
    assert isinstance(committed.entry, MemberJoined)


async def test_a_verdict_that_stands_costs_one_reading(nodes: Nodes) -> None:
    one, other = nodes
    before = other.log.reads
    assert (await other.add(ANN, BEN)).entry is None
    assert other.log.reads == before + 1
    assert len(one.entries()) == 1


async def test_a_verdict_is_final_though_the_log_grows_on(nodes: Nodes) -> None:
    """Else nobody could be refused in a conversation in which something always happens."""
    one, other = nodes
    other.log.faults = Faults(readings=[Reading(after=3)] * 10)
    refused = other.send(CAT, "let me in")
    for number in range(10):
        await one.send(ANN, str(number))
    with pytest.raises(NotFound):
        await refused
    assert other.log.reads <= 2


async def test_what_is_learned_on_the_way_is_published(nodes: Nodes) -> None:
    one, other = nodes
    await one.send(ANN, "a")
    other.published.clear()
    await other.add(ANN, BEN)
    assert [record.entry for record in other.published] == one.entries()[1:]


async def test_the_next_entry_on_the_bus_is_applied_without_reading(nodes: Nodes) -> None:
    one, other = nodes
    before = other.log.reads
    await one.send(ANN, "a")
    other.journal.on_record(one.published[-1])
    assert (await other.journal.state(HOME)).head == 2
    assert other.log.reads == before


async def test_what_came_by_the_bus_is_not_published_again(nodes: Nodes) -> None:
    one, other = nodes
    other.published.clear()
    await one.send(ANN, "a")
    other.journal.on_record(one.published[-1])
    assert other.published == []


async def test_what_a_dead_node_told_nobody_of_is_published_when_its_command_comes_again(
    nodes: Nodes,
) -> None:
    one, _ = nodes
    committed = await one.send(ANN, "a", client_id="again")
    successor = a_node(one.log.disk)
    for _ in range(2):
        repeated = await successor.send(ANN, "a", client_id="again")
        assert (repeated.duplicate, repeated.entry) == (True, committed.entry)
    assert [record.entry for record in successor.published] == [committed.entry]


async def test_what_brought_somebody_in_last_is_told_by_whoever_loads_it(nodes: Nodes) -> None:
    """Its node may have died before it told anybody, and the hub takes messages to nobody who has not come in."""
    one, _ = nodes
    await one.add(ANN, CAT)
    successor = a_node(one.log.disk)
    await successor.send(ANN, "welcome")
    assert [record.entry for record in successor.published] == one.entries()[-2:]


async def test_what_is_not_the_last_is_not_published_again(nodes: Nodes) -> None:
    one, _ = nodes
    await one.add(ANN, CAT)
    joined = await one.send(CAT, "a", client_id="again")
    await one.remove(ANN, CAT)
    successor = a_node(one.log.disk)
    assert (await successor.send(CAT, "a", client_id="again")).entry == joined.entry
    assert successor.published == []


async def test_a_gap_on_the_bus_is_read_from_the_log(nodes: Nodes) -> None:
    one, other = nodes
    for body in "abc":
        await one.send(ANN, body)
    other.journal.on_record(one.published[-1])
    await other.background.settled()
    assert (await other.journal.state(HOME)).head == 4


async def test_what_came_while_an_append_was_in_flight_is_read_afterwards(nodes: Nodes) -> None:
    one, other = nodes
    other.log.faults = Faults([Fate(ticks=5)])
    mine = other.send(BEN, "mine")
    await one.remove(ANN, BEN)  # behind it in the log: the other's entry is written already
    for record in one.published[1:]:
        other.journal.on_record(record)
    await mine
    await other.background.settled()
    state = await other.journal.state(HOME)
    assert state.head == 3
    assert BEN not in state.members


async def test_an_entry_that_came_while_the_state_was_loaded_is_not_lost(nodes: Nodes) -> None:
    one, _ = nodes
    late = a_node(one.log.disk, Faults(readings=[Reading(after=10)]))
    state = late.journal.state(HOME)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await one.remove(ANN, BEN)
    late.journal.on_record(one.published[-1])
    await state
    await late.background.settled()
    assert isinstance(one.entries()[-1], MemberLeft)
    assert BEN not in (await late.journal.state(HOME)).members


async def test_old_news_on_the_bus_changes_nothing(nodes: Nodes) -> None:
    one, other = nodes
    await one.add(ANN, CAT)
    await one.remove(ANN, CAT)
    for record in one.published[1:]:
        other.journal.on_record(record)
    for record in one.published[1:]:
        other.journal.on_record(record)
    assert CAT not in (await other.journal.state(HOME)).members
