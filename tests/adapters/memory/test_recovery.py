"""Recovery within the life of a process: where it says no, for it would not be all."""

import secrets

import pytest

from parley.adapters.memory.conversations import MemoryConversations
from parley.adapters.memory.log import MemoryLog
from parley.adapters.memory.recovery import MemoryReplays
from parley.model.entries import MemberJoined
from parley.model.ids import UserId
from parley.ports.recovery import Bounds
from tests.support.pen import ANN, BEN, Pen, created, said

PLENTY = Bounds(500, 1_000_000)


class Deliveries:
    """A log, and what is heard of it."""

    def __init__(self, most: int = 100) -> None:
        self.log = MemoryLog()
        self.pen = Pen("c")
        views = MemoryConversations(self.log)
        self.replays = MemoryReplays(
            log=self.log, views=views, random=secrets.token_bytes, most=most
        )

    async def write(self, count: int = 1, *, heard: bool = True) -> None:
        after = self.pen.head
        entries = [said(f"{n}") for n in range(count)] if after else [created(ANN)]
        await self.log.append(self.pen.conversation_id, after, self.pen.records(*entries))
        if heard:
            for record in await self.log.read(self.pen.conversation_id, after):
                self.replays.heard(record)

    async def missed(self, after: int, user_id: UserId = ANN) -> list[int] | None:
        found = await self.replays.missed(user_id, after, self.replays.tail, PLENTY)
        return None if found is None else [placed.entry.seq for placed in found]


@pytest.fixture
async def deliveries() -> Deliveries:
    made = Deliveries()
    await made.write()
    return made


async def test_an_offset_that_is_no_longer_remembered_is_refused() -> None:
    deliveries = Deliveries(most=3)
    await deliveries.write()
    await deliveries.write(4)
    assert await deliveries.missed(2) == [3, 4, 5]
    assert await deliveries.missed(1) is None


async def test_an_entry_that_was_never_delivered_makes_what_follows_it_refused(
    deliveries: Deliveries,
) -> None:
    await deliveries.write(heard=False)
    await deliveries.write()
    assert await deliveries.missed(1) is None
    await deliveries.write()
    assert await deliveries.missed(2) == [4]


async def test_a_conversation_first_heard_of_in_the_middle_is_refused() -> None:
    deliveries = Deliveries()
    await deliveries.write(heard=False)
    await deliveries.write()
    assert await deliveries.missed(0) is None


async def test_who_joined_by_an_entry_that_is_still_to_be_heard_missed_nothing_before_it(
    deliveries: Deliveries,
) -> None:
    await deliveries.write()
    joining = MemberJoined(actor_id=ANN, user_id=BEN, role="member")
    pen = deliveries.pen
    await deliveries.log.append(pen.conversation_id, pen.head, pen.records(joining))
    assert await deliveries.missed(0, BEN) == []
    assert await deliveries.missed(0) == [1, 2]


async def test_another_process_has_another_epoch(deliveries: Deliveries) -> None:
    assert deliveries.replays.bus_epoch != Deliveries().replays.bus_epoch
