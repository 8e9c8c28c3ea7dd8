"""Names of rooms, when somebody crashes between a claim and its entry."""

import asyncio
import secrets
from dataclasses import dataclass

import pytest

from parley.adapters.memory.log import MemoryLog
from parley.adapters.memory.rooms import MemoryRooms
from parley.journal.commands import Unchanged
from parley.journal.naming import Naming
from parley.model.conversations import State
from parley.model.entries import (
    Changes,
    ConversationChanged,
    ConversationCreated,
    ConversationDeleted,
    Entry,
    FirstMember,
)
from parley.model.errors import NameTaken, Unavailable
from parley.model.ids import ConversationId
from parley.ports.rooms import Claim
from tests.support.world import ANN, BEN, World, world_over

HALL, ATTIC = ConversationId("hall-1"), ConversationId("attic-1")
OTHER = ConversationId("other-1")


class FailingRooms(MemoryRooms):
    async def release(self, claim: Claim) -> None:
        raise Unavailable


@dataclass
class Town:
    world: World
    rooms: MemoryRooms
    naming: Naming

    async def create(self, conversation_id: ConversationId, name: str) -> None:
        def judge(state: State) -> Entry | Unchanged:
            members = (FirstMember(ANN, "owner"),)
            return (
                Unchanged()
                if state.head
                else ConversationCreated(actor_id=ANN, kind="room", name=name, members=members)
            )

        await self.world.journal.commit(conversation_id, ANN, judge)

    async def rename(self, conversation_id: ConversationId, name: str) -> None:
        changed = ConversationChanged(actor_id=ANN, changes=Changes(name=name))
        await self.world.journal.commit(conversation_id, ANN, lambda _: changed)


def town_over(rooms_of: type[MemoryRooms] = MemoryRooms) -> Town:
    log = MemoryLog()
    world, rooms = world_over(log), rooms_of(log)
    naming = Naming(
        journal=world.journal, rooms=rooms, clock=world.clock, random=secrets.token_bytes
    )
    return Town(world, rooms, naming)


@pytest.fixture
async def town() -> Town:
    return town_over()


async def test_a_claim_without_its_entry_keeps_others_out_for_a_minute(town: Town) -> None:
    await town.naming.claim("Hall", HALL, ANN)
    town.world.clock.advance(seconds=60)
    with pytest.raises(NameTaken):
        await town.naming.claim("hall", OTHER, BEN)


async def test_a_creation_that_never_came_is_barred_and_its_name_taken_over(town: Town) -> None:
    await town.naming.claim("Hall", HALL, ANN)
    town.world.clock.advance(seconds=61)
    mine = await town.naming.claim("hall", OTHER, BEN)
    assert await town.naming.claimed("Hall") == mine
    await town.create(HALL, "Hall")
    state = await town.world.journal.state(HALL)
    assert (state.deleted, state.head) == (True, 1)


async def test_a_creation_that_came_late_keeps_its_name(town: Town) -> None:
    await town.naming.claim("Hall", HALL, ANN)
    town.world.clock.advance(seconds=61)
    await town.create(HALL, "Hall")
    with pytest.raises(NameTaken):
        await town.naming.claim("hall", OTHER, BEN)


async def test_a_creation_and_its_barring_at_once_leave_one_room(town: Town) -> None:
    await town.naming.claim("Hall", HALL, ANN)
    town.world.clock.advance(seconds=61)
    creating = asyncio.ensure_future(town.create(HALL, "Hall"))
    claiming = asyncio.ensure_future(town.naming.claim("hall", OTHER, BEN))
    await asyncio.wait([creating, claiming])
    exists = (await town.world.journal.state(HALL)).exists
    assert exists == isinstance(claiming.exception(), NameTaken)


async def test_the_name_of_an_old_room_is_never_void(town: Town) -> None:
    await town.naming.claim("Hall", HALL, ANN)
    await town.create(HALL, "Hall")
    town.world.clock.advance(seconds=1_000_000)
    with pytest.raises(NameTaken):
        await town.naming.claim("hall", OTHER, BEN)


async def test_a_rename_that_never_came_is_void_after_a_minute(town: Town) -> None:
    await town.naming.claim("Attic", ATTIC, ANN)
    await town.create(ATTIC, "Attic")
    await town.naming.claim("Hall", ATTIC, ANN)
    with pytest.raises(NameTaken):
        await town.naming.claim("hall", OTHER, BEN)
    town.world.clock.advance(seconds=61)
    assert await town.naming.claim("hall", OTHER, BEN) == await town.naming.claimed("hall")
    assert (await town.world.journal.state(ATTIC)).exists


async def test_a_name_that_was_not_let_go_after_a_rename_is_void_after_a_minute(
    town: Town,
) -> None:
    await town.naming.claim("Attic", ATTIC, ANN)
    await town.create(ATTIC, "Attic")
    await town.rename(ATTIC, "Cellar")
    town.world.clock.advance(seconds=61)
    assert (await town.naming.claim("attic", OTHER, BEN)).conversation_id == OTHER


async def test_the_name_of_a_deleted_room_is_void_at_once(town: Town) -> None:
    await town.naming.claim("Hall", HALL, ANN)
    await town.create(HALL, "Hall")
    await town.world.journal.commit(HALL, ANN, lambda _: ConversationDeleted(actor_id=ANN))
    assert (await town.naming.claim("hall", OTHER, BEN)).conversation_id == OTHER


async def test_a_void_name_is_taken_over_by_one_alone(town: Town) -> None:
    await town.naming.claim("Hall", HALL, ANN)
    town.world.clock.advance(seconds=61)
    others = [ConversationId(f"other-{number}") for number in range(5)]
    outcomes = await asyncio.gather(
        *(town.naming.claim("hall", other, BEN) for other in others), return_exceptions=True
    )
    assert sum(isinstance(outcome, Claim) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, NameTaken) for outcome in outcomes) == 4


async def test_a_claim_is_timely_well_before_it_is_void(town: Town) -> None:
    claim = await town.naming.claim("Hall", HALL, ANN)
    town.world.clock.advance(seconds=30)
    town.naming.require_timely(claim)
    town.world.clock.advance(seconds=1)
    with pytest.raises(Unavailable):
        town.naming.require_timely(claim)


async def test_letting_go_never_fails(caplog: pytest.LogCaptureFixture) -> None:
    town = town_over(FailingRooms)
    await town.naming.deleted(await town.naming.claim("Hall", HALL, ANN))
    assert "stays claimed" in caplog.text
