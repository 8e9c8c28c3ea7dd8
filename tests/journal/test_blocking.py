"""Blocks in memory: asked without a query once known, and never out of date."""

import asyncio

import pytest

from parley.adapters.memory.blocks import MemoryBlocks
from parley.journal.blocking import NOTHING_BETWEEN, Blocking
from parley.model.blocks import Block
from parley.model.conversations import Member, State
from parley.model.errors import Blocked, Unavailable
from parley.model.ids import ConversationId, UserId
from parley.model.instants import timestamp
from parley.ports.background import Background
from parley.ports.bus import BlockChanged

ANN, BEN, CAT = UserId("ann"), UserId("ben"), UserId("cat")


class SlowBlocks(MemoryBlocks):
    """Readings wait until they are let go; what they answer is as it was when they began."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Event()
        self.gate.set()
        self.down = False

    async def of(self, user_id: UserId) -> set[UserId]:
        if self.down:
            raise Unavailable
        found = await super().of(user_id)
        await self.gate.wait()
        return found


@pytest.fixture
async def store() -> SlowBlocks:
    return SlowBlocks()


@pytest.fixture
async def background() -> Background:
    return Background()


@pytest.fixture
async def blocking(store: SlowBlocks, background: Background) -> Blocking:
    return Blocking(store=store, spawn=background.spawn)


def direct(*people: UserId, kind: str = "direct") -> State:
    members = {user_id: Member("member", 1) for user_id in people}
    return State(ConversationId("c"), head=1, kind=kind, members=members)


async def block(store: MemoryBlocks, one: UserId, other: UserId) -> None:
    await store.put(one, Block(user_id=other, since=timestamp(0)))


async def test_a_block_in_either_direction_closes_a_direct_conversation(store, blocking):
    await block(store, ANN, BEN)
    for user_id in (ANN, BEN):
        relation = await blocking.relation(direct(ANN, BEN), user_id)
        with pytest.raises(Blocked):
            relation.require_open(direct(ANN, BEN))
    (await blocking.relation(direct(ANN, CAT), ANN)).require_open(direct(ANN, CAT))


async def test_groups_rooms_notes_and_outsiders_need_no_look(store, blocking):
    await block(store, ANN, BEN)
    states = [direct(ANN, BEN, kind="group"), direct(ANN, BEN, kind="room"), direct(ANN)]
    for state in states:
        relation = blocking.at_hand(state, ANN)
        assert relation is NOTHING_BETWEEN
        relation.require_open(state)
    assert blocking.at_hand(direct(ANN, BEN), CAT) is NOTHING_BETWEEN
    assert store.readings == 0


async def test_once_known_nothing_is_asked_any_more(store, blocking):
    state = direct(ANN, BEN)
    assert blocking.at_hand(state, ANN) is None
    await blocking.relation(state, ANN)
    assert store.readings == 2
    for _ in range(9):
        assert not blocking.at_hand(state, ANN).blocked
    assert store.readings == 2


async def test_a_conversation_that_was_not_known_to_be_direct_is_asked_again(blocking):
    unknown = await blocking.relation(State(ConversationId("c")), ANN)
    with pytest.raises(Unavailable):
        unknown.require_open(direct(ANN, BEN))


async def test_a_change_holds_for_judges_that_asked_before_it(store, blocking, background):
    relation = await blocking.relation(direct(ANN, BEN), ANN)
    await block(store, BEN, ANN)
    blocking.note(BEN, ANN, blocked=True)
    assert relation.blocked
    await background.settled()
    assert relation.blocked
    await store.remove(BEN, ANN)
    blocking.on_signal(BlockChanged(BEN, ANN, blocked=False))
    assert not relation.blocked


async def test_a_change_during_the_reading_is_not_overwritten_by_it(store, blocking, background):
    store.gate.clear()
    answer = blocking.relation(direct(ANN, BEN), ANN)
    await asyncio.sleep(0)
    await block(store, ANN, BEN)
    blocking.note(ANN, BEN, blocked=True)
    store.gate.set()
    assert (await answer).blocked
    await background.settled()
    assert (await blocking.relation(direct(ANN, BEN), ANN)).blocked


async def test_news_in_the_wrong_order_end_as_the_store_has_it(store, blocking, background):
    relation = await blocking.relation(direct(ANN, BEN), ANN)
    blocking.on_signal(BlockChanged(ANN, BEN, blocked=False))
    blocking.on_signal(BlockChanged(ANN, BEN, blocked=True))
    assert relation.blocked
    await background.settled()
    assert not relation.blocked


async def test_a_store_that_does_not_answer_lets_nothing_through(store, blocking, background):
    store.down = True
    with pytest.raises(Unavailable):
        await blocking.relation(direct(ANN, BEN), ANN)
    await background.settled()
    store.down = False
    assert not (await blocking.relation(direct(ANN, BEN), ANN)).blocked
    store.down = True
    blocking.note(ANN, BEN, blocked=True)
    await background.settled()
    assert blocking.at_hand(direct(ANN, BEN), ANN) is None, "what may be old is read again"


async def test_memory_is_bounded_and_what_is_held_stays_followed(store, background):
    blocking = Blocking(store=store, spawn=background.spawn, most_kept=4)
    for other in ("x", "y", "z"):
        await block(store, ANN, UserId(other))
    relation = await blocking.relation(direct(ANN, BEN), ANN)
    await blocking.relation(direct(CAT, UserId("dot")), CAT)
    assert blocking.at_hand(direct(ANN, BEN), ANN) is None
    assert blocking.at_hand(direct(CAT, UserId("dot")), CAT) is not None
    blocking.note(ANN, BEN, blocked=True)
    assert relation.blocked
    await background.settled()


async def test_who_is_apart_is_told_in_both_directions(store, blocking):
    await block(store, ANN, BEN)
    await block(store, CAT, ANN)
    assert await blocking.apart(ANN, [BEN, CAT, UserId("dot")]) == {BEN, CAT}
    assert await blocking.by(ANN, [BEN, CAT]) == {CAT}
    assert await blocking.apart(ANN, []) == set()
