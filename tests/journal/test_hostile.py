"""Whatever a store does, the log has no hole and no double, and every answer is true."""

import asyncio
import random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parley.adapters.memory.faults import Faults
from parley.adapters.memory.log import MemoryLog
from parley.journal.commands import Committed, Unchanged
from parley.model.conversations import State, apply
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
from tests.journal.conftest import World, world_over

PEOPLE = [UserId(name) for name in ("ann", "ben", "cat", "dan")]
PLACES = [ConversationId("one"), ConversationId("two")]


class Client:
    """Somebody who sends commands, and retries each under its client_id until it has a final answer."""

    def __init__(self, world: World, user_id: UserId, dice: random.Random) -> None:
        self.world = world
        self.user_id = user_id
        self.dice = dice
        self.acked: list[tuple[ConversationId, str, Committed]] = []
        self.refused: list[tuple[ConversationId, str]] = []

    async def run(self, commands: int) -> None:
        for number in range(commands):
            where = self.dice.choice(PLACES)
            what = self.dice.choices(("send", "add", "remove", "leave"), (6, 2, 2, 1))[0]
            target = self.user_id if what == "leave" else self.dice.choice(PEOPLE)
            await self._do(where, what, target, f"{self.user_id}-{number}")

    async def _do(self, where: ConversationId, what: str, target: UserId, client_id: str) -> None:
        attempts = 0
        while True:
            attempts += 1
            try:
                committed = await self._attempt(where, what, target, client_id)
            except Unavailable:
                await asyncio.sleep(0)
                continue
            except ChatError:
                if attempts == 1:
                    self.refused.append((where, client_id))
                return
            self.acked.append((where, client_id, committed))
            return

    def _attempt(
        self, where: ConversationId, what: str, target: UserId, client_id: str
    ) -> Answer[Committed]:
        def judge(state: State) -> Entry | Unchanged:
            if what == "send":
                require_writer(state, self.user_id)
                return MessageNew(actor_id=self.user_id, body=client_id)
            if what == "add":
                return (
                    add_member(state, self.user_id, target, role="member", most=99) or Unchanged()
                )
            return remove_member(state, self.user_id, target) or Unchanged()

        digest = self.world.journal.digest(what, target)
        if self.dice.random() < 0.2:  # the same twice at once, as through two connections
            self.world.journal.commit(
                where, self.user_id, judge, client_id=client_id, digest=digest
            )
        return self.world.journal.commit(
            where, self.user_id, judge, client_id=client_id, digest=digest
        )


async def scenario(seed: int) -> None:
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
    log = MemoryLog(kind.disk, Faults.seeded(seed, rate=dice.choice((0.1, 0.5, 0.9))))
    world = world_over(log)
    clients = [Client(world, person, dice) for person in PEOPLE]
    running = asyncio.gather(*(client.run(8) for client in clients))
    turns = 0
    while not running.done():
        turns += 1
        if turns % 7 == 0:
            world.clock.advance(seconds=0.4)
            log.land()
        if turns > 3_000:
            log.faults.spare()
        assert turns < 50_000, "a command has no final answer"
        await asyncio.sleep(0)
    await running
    log.land()
    await world.background.settled()
    for where in PLACES:
        check_log(world, where)
    for client in clients:
        check_answers(world, client)


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


def check_answers(world: World, client: Client) -> None:
    for where, client_id, committed in client.acked:
        entry = committed.entry
        if entry is not None:
            assert entry.client_id == client_id
            assert world.log.disk.log(where)[entry.seq - 1].entry == entry
    for where, client_id in client.refused:
        assert world.log.disk.find((where, client.user_id, client_id)) is None


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**32))
def test_the_log_has_no_hole_and_no_double_and_every_answer_is_true(seed: int) -> None:
    asyncio.run(scenario(seed))
