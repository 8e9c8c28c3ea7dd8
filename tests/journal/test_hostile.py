"""Whatever a store does, the log has no hole and no double, and every answer is true."""

import asyncio
import random
from dataclasses import dataclass
from itertools import count

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parley.adapters.memory.faults import Faults
from parley.adapters.memory.log import MemoryLog
from parley.journal.commands import Committed, Unchanged
from parley.model.conversations import State, apply, fold
from parley.model.entries import (
    ConversationCreated,
    Entry,
    FirstMember,
    MemberJoined,
    MemberLeft,
    MessageNew,
)
from parley.model.errors import ChatError, Unavailable
from parley.model.ids import ConversationId, UserId
from parley.model.instants import timestamp
from parley.model.permissions import add_member, remove_member, require_writer
from parley.ports.answers import Answer
from parley.ports.log import Record
from tests.support.world import World, world_over

PEOPLE = [UserId(name) for name in ("ann", "ben", "cat", "dan")]
PLACES = [ConversationId("one"), ConversationId("two")]


def verdict(state: State, user_id: UserId, what: str, target: UserId) -> Entry | Unchanged:
    """What the rules say of a command on this state."""
    if what == "send":
        require_writer(state, user_id)
        return MessageNew(actor_id=user_id, body="hello")
    if what == "add":
        return add_member(state, user_id, target, role="member", most=99) or Unchanged()
    return remove_member(state, user_id, target) or Unchanged()


@dataclass
class Done:
    """A command that has its final answer.

    `asked_head` is what was published when it was asked, or in the log where several nodes write it; `answered_head`
    what was in the log when it was answered.
    """

    where: ConversationId
    user_id: UserId
    client_id: str
    what: str
    target: UserId
    asked_head: int
    answered_head: int
    first_attempt: bool
    outcome: Committed | ChatError


class Device:
    """Sends commands of a person, and retries each under its client_id until it has a final answer."""

    def __init__(self, world: World, user_id: UserId, name: str, dice: random.Random) -> None:
        self.world = world
        self.user_id = user_id
        self.name = name
        self.dice = dice
        self.done: list[Done] = []

    async def run(self, commands: int) -> None:
        for number in range(commands):
            where = self.dice.choice(PLACES)
            what = self.dice.choices(("send", "add", "remove", "leave"), (6, 4, 3, 1))[0]
            target = self.user_id if what == "leave" else self.dice.choice(PEOPLE)
            await self._do(where, what, target, f"{self.name}-{number}")

    async def _do(self, where: ConversationId, what: str, target: UserId, client_id: str) -> None:
        for attempt in count():
            shared = self.world.log.shared
            asked = self.world.log.disk.head(where) if shared else self.published_head(where)
            try:
                outcome: Committed | ChatError = await self._ask(where, what, target, client_id)
            except Unavailable:
                await asyncio.sleep(0)
                continue
            except ChatError as error:
                outcome = error
            head = self.world.log.disk.head(where)
            self.done.append(
                Done(
                    where, self.user_id, client_id, what, target, asked, head, not attempt, outcome
                )
            )
            return

    def published_head(self, where: ConversationId) -> int:
        published = [r.entry for r in self.world.published if r.entry.conversation_id == where]
        return published[-1].seq if published else 1

    def _ask(
        self, where: ConversationId, what: str, target: UserId, client_id: str
    ) -> Answer[Committed]:
        def ask() -> Answer[Committed]:
            return self.world.journal.commit(
                where,
                self.user_id,
                lambda state: verdict(state, self.user_id, what, target),
                client_id=client_id,
                digest=self.world.journal.digest(what, target),
            )

        if self.dice.random() < 0.2:  # the same twice at once, as through two connections
            ask()
        return ask()


async def scenario(seed: int, nodes: int = 1) -> None:
    dice = random.Random(seed)
    kind = MemoryLog()
    for where in PLACES:
        entry = ConversationCreated(
            conversation_id=where,
            seq=1,
            actor_id=PEOPLE[0],
            client_id="~0",
            at=timestamp(0),
            messages=0,
            kind="group",
            members=(FirstMember(PEOPLE[0], "owner"), FirstMember(PEOPLE[1], "member")),
        )
        await kind.append(where, 0, [Record(entry)])
    worlds = [
        world_over(
            MemoryLog(
                kind.disk,
                Faults.seeded(seed + node, rate=dice.choice((0.1, 0.5, 0.9))),
                shared=nodes > 1,
            )
        )
        for node in range(nodes)
    ]
    for world in worlds:
        gossip(world, [other for other in worlds if other is not world], dice)
    devices = [
        Device(dice.choice(worlds), one, f"{one}{n}", dice) for one in PEOPLE for n in range(3)
    ]
    await run(worlds, devices)
    for world in worlds:
        for where in PLACES:
            check_log(world, where)
    for device in devices:
        for done in device.done:
            check_answer(device.world, done)


def gossip(world: World, others: list[World], dice: random.Random) -> None:
    """A bus between nodes that loses a part of what one publishes, differently in each run."""
    loss = dice.choice((0.0, 0.3, 1.0))

    def pass_on(record: Record) -> None:
        for other in others:
            if dice.random() >= loss:
                asyncio.get_running_loop().call_soon(other.journal.on_record, record)

    world.bus.subscribe(on_record=pass_on)


async def run(worlds: list[World], devices: list[Device]) -> None:
    running = asyncio.gather(*(device.run(6) for device in devices))
    turns = 0
    while not running.done():
        turns += 1
        for world in worlds:
            if turns % 7 == 0:
                world.clock.advance(seconds=0.4)
                world.log.land()
            if turns > 3_000:
                world.log.faults.spare()
        assert turns < 50_000, "a command has no final answer"
        await asyncio.sleep(0)
    await running
    for world in worlds:
        world.log.land()
        await world.background.settled()


def check_log(world: World, where: ConversationId) -> None:
    """No hole, no double, and every entry was allowed where it stands."""
    entries = [record.entry for record in world.log.disk.log(where)]
    assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
    keys = [(entry.actor_id, entry.client_id) for entry in entries]
    assert len(set(keys)) == len(keys)
    state = State(where)
    for entry in entries:
        match entry:
            case MessageNew() if not entry.client_id.startswith("rival"):
                require_writer(state, entry.actor_id)
            case MemberJoined():
                assert add_member(state, entry.actor_id, entry.user_id, role="member", most=99)
            case MemberLeft():
                again = remove_member(state, entry.actor_id, entry.user_id)
                assert again is not None
                assert (again.owner_id, again.reason) == (entry.owner_id, entry.reason)
        assert entry.messages == state.messages + isinstance(entry, MessageNew)
        assert entry.at >= state.at
        apply(state, entry)
    published = [r.entry for r in world.published if r.entry.conversation_id == where]
    assert [entry.seq for entry in published] == sorted({entry.seq for entry in published})
    assert all(entries[entry.seq - 1] == entry for entry in published)


def check_answer(world: World, done: Done) -> None:
    """An answer with an entry is that entry; one without was right on a log that stood while it was asked."""
    log = [record.entry for record in world.log.disk.log(done.where)]
    if isinstance(done.outcome, Committed) and done.outcome.entry is not None:
        entry = done.outcome.entry
        assert entry.client_id == done.client_id
        assert log[entry.seq - 1] == entry
        return
    if done.first_attempt:
        assert world.log.disk.find((done.where, done.user_id, done.client_id)) is None
    state = fold(done.where, log[: done.asked_head])
    seen = [same_verdict(state, done)]
    for entry in log[done.asked_head : done.answered_head]:
        apply(state, entry)
        seen.append(same_verdict(state, done))
    assert any(seen), f"{done} was never true"


def same_verdict(state: State, done: Done) -> bool:
    try:
        now: object = verdict(state, done.user_id, done.what, done.target)
    except ChatError as error:
        return type(error) is type(done.outcome)
    return isinstance(now, Unchanged) and isinstance(done.outcome, Committed)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**32))
def test_the_log_has_no_hole_and_no_double_and_every_answer_is_true(seed: int) -> None:
    asyncio.run(scenario(seed))


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**32))
def test_the_same_holds_for_several_nodes_on_one_log(seed: int) -> None:
    asyncio.run(scenario(seed, nodes=2))
