"""Commands that rest on a message: it is brought with the head that it reflects, and brought forward."""

import asyncio
from collections.abc import Callable
from itertools import chain, repeat

import pytest

from parley.adapters.memory.faults import Fate, Faults, Reading
from parley.adapters.memory.log import MemoryLog
from parley.journal.commands import Committed, Unchanged
from parley.model.entries import MessageDeleted, ReactionAdded
from parley.model.errors import NotFound, Unavailable
from parley.model.ids import UserId
from parley.model.permissions import add_reaction, delete_message, edit_message, remove_reaction
from parley.ports.answers import Answer
from tests.support.world import ANN, BEN, HOME, World, world_over

WorldWith = Callable[[Faults], World]


def react(world: World, user_id: UserId, seq: int = 2, emoji: str = "+") -> Answer[Committed]:
    return world.journal.commit(
        HOME,
        user_id,
        lambda state: add_reaction(state, user_id, seq, emoji, most=50) or Unchanged(),
    )


def unreact(world: World, user_id: UserId, seq: int = 2, emoji: str = "+") -> Answer[Committed]:
    return world.journal.commit(
        HOME, user_id, lambda state: remove_reaction(state, user_id, seq, emoji) or Unchanged()
    )


def delete(world: World, user_id: UserId, seq: int = 2) -> Answer[Committed]:
    return world.journal.commit(
        HOME, user_id, lambda state: delete_message(state, user_id, seq) or Unchanged()
    )


def edit(world: World, user_id: UserId, seq: int = 2) -> Answer[Committed]:
    return world.journal.commit(
        HOME, user_id, lambda state: edit_message(state, user_id, seq, "edited", ())
    )


async def test_reacting_twice_appends_once(world: World) -> None:
    await world.open()
    await world.send(ANN, "hello")
    first, again = react(world, BEN), react(world, BEN)
    assert isinstance((await first).entry, ReactionAdded)
    assert (await again).entry is None
    assert (await react(world, BEN)).entry is None


async def test_a_reaction_taken_back_can_be_given_again(world: World) -> None:
    await world.open()
    await world.send(ANN, "hello")
    for answer in (react(world, BEN), unreact(world, BEN), unreact(world, BEN), react(world, BEN)):
        await answer
    assert [entry.type for entry in world.entries()[2:]] == [
        "reaction.added",
        "reaction.removed",
        "reaction.added",
    ]


async def test_what_is_in_flight_counts_for_a_message_that_is_being_brought(world: World) -> None:
    await world.open()
    await world.send(ANN, "hello")
    later = world_over(MemoryLog(world.log.disk))
    await later.journal.state(HOME)
    deletion, edition = delete(later, ANN), edit(later, ANN)
    assert isinstance((await deletion).entry, MessageDeleted)
    with pytest.raises(NotFound):
        await edition


@pytest.mark.parametrize("rounds", range(8))
@pytest.mark.parametrize(("before", "after"), [(0, 3), (2, 2), (3, 0)])
async def test_a_deletion_while_the_message_is_being_brought_is_not_missed(
    world_with: WorldWith, rounds: int, before: int, after: int
) -> None:
    """Another node's command, known to this journal by an append that lost its race, at every moment of the reading."""
    slow = Reading(before=before, after=after)
    world = world_with(Faults(readings=[Reading(), Reading(), Reading(), slow, slow]))
    await world.open()
    await world.send(ANN, "hello")
    await world.send(BEN, "other")
    assert (await react(world, ANN, seq=3)).entry is not None
    reaction = react(world, BEN)
    for _ in range(rounds):
        await asyncio.sleep(0)
    deletion = world.journal.commit(
        HOME, ANN, lambda _state: MessageDeleted(actor_id=ANN, message_seq=2)
    )
    await deletion
    try:
        committed = await reaction
    except NotFound:
        return
    seqs = {entry.type: entry.seq for entry in world.entries()}
    assert committed.entry is not None
    assert committed.entry.seq < seqs["message.deleted"]


async def test_a_message_that_cannot_be_brought_leaves_the_command_open(
    world_with: WorldWith,
) -> None:
    world = world_with(Faults(readings=[Reading(), Reading(down=True)]))
    await world.open()
    await world.send(ANN, "hello")
    with pytest.raises(Unavailable):
        await react(world, BEN)
    assert (await react(world, BEN)).entry is not None


@pytest.mark.parametrize("seq", [0, 1, 3, 99])
async def test_what_is_no_message_is_not_found(world: World, seq: int) -> None:
    await world.open()
    await world.send(ANN, "hello")
    with pytest.raises(NotFound):
        await react(world, BEN, seq=seq)


async def test_only_so_many_messages_are_kept_in_mind(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("parley.journal.sequencer.MOST_FACTS", 3)
    await world.open()
    seqs = []
    for number in range(8):
        seqs.append((await world.send(ANN, str(number))).entry.seq)
        await react(world, BEN, seq=seqs[-1])
    for answer in [react(world, BEN, seq=seq) for seq in seqs]:
        assert (await answer).entry is None
    assert len((await world.journal.state(HOME)).facts) <= 3


async def test_a_command_whose_message_is_being_brought_is_answered_when_the_log_is_lost() -> None:
    world = world_over(MemoryLog(faults=Faults()))
    await world.open()
    await world.send(ANN, "a")
    faults = world.log.faults
    faults._readings = chain([Reading(before=20), Reading(down=True)], repeat(Reading()))
    faults._appends = chain([Fate(event="unknown")], repeat(Fate()))
    reaction, sent = react(world, BEN), world.send(ANN, "b")
    for answer in (sent, reaction):
        with pytest.raises(Unavailable):
            await asyncio.wait_for(answer, 5)
