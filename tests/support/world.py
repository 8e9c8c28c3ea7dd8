"""A journal over a store in memory."""

import secrets
from dataclasses import dataclass, field

from parley.adapters.memory.blocks import MemoryBlocks
from parley.adapters.memory.bus import MemoryBus
from parley.adapters.memory.log import MemoryLog
from parley.journal.blocking import Blocking
from parley.journal.commands import Committed, Unchanged
from parley.journal.journal import Journal
from parley.model.conversations import State
from parley.model.entries import ConversationCreated, Entry, FirstMember, MessageNew
from parley.model.ids import ConversationId, UserId
from parley.model.permissions import (
    add_member,
    remove_member,
    require_writer,
)
from parley.ports.answers import Answer
from parley.ports.background import Background
from parley.ports.log import Record
from tests.support.clock import ManualClock

HOME = ConversationId("home")
ANN, BEN, CAT = UserId("ann"), UserId("ben"), UserId("cat")


@dataclass
class World:
    """A journal, everything around it, and what it published."""

    log: MemoryLog
    bus: MemoryBus
    journal: Journal
    clock: ManualClock
    background: Background
    blocks: MemoryBlocks
    blocking: Blocking
    published: list[Record] = field(default_factory=list)

    def send(
        self,
        user_id: UserId,
        body: str,
        *,
        client_id: str | None = None,
        where: ConversationId = HOME,
    ) -> Answer[Committed]:
        def judge(state: State) -> Entry:
            require_writer(state, user_id)
            return MessageNew(actor_id=user_id, body=body)

        return self.journal.commit(
            where, user_id, judge, client_id=client_id, digest=self.journal.digest("send", body)
        )

    def add(self, user_id: UserId, added: UserId) -> Answer[Committed]:
        return self.journal.commit(
            HOME,
            user_id,
            lambda state: add_member(state, user_id, added, role="member", most=99) or Unchanged(),
        )

    def remove(
        self, user_id: UserId, removed: UserId, *, client_id: str | None = None
    ) -> Answer[Committed]:
        return self.journal.commit(
            HOME,
            user_id,
            lambda state: remove_member(state, user_id, removed) or Unchanged(),
            client_id=client_id,
            digest=self.journal.digest("remove", removed),
        )

    async def open(self) -> None:
        """Ann's group with Ben."""
        await self.journal.commit(HOME, ANN, lambda state: Unchanged() if state.head else created())

    def entries(self) -> list[Entry]:
        """The log of the conversation as the store has it."""
        return [record.entry for record in self.log.disk.log(HOME)]

    def bodies(self) -> list[str]:
        return [entry.body for entry in self.entries() if isinstance(entry, MessageNew)]


def created() -> Entry:
    return ConversationCreated(
        actor_id=ANN,
        kind="group",
        members=(FirstMember(ANN, "owner"), FirstMember(BEN, "member")),
    )


def world_over(log: MemoryLog, **options: object) -> World:
    """A journal that has just started on what this store holds."""
    bus, clock, background = MemoryBus(), ManualClock(), Background()
    journal = Journal(
        log=log,
        bus=bus,
        clock=clock,
        random=secrets.token_bytes,
        spawn=background.spawn,
        identity=log.disk.identity,
        **options,
    )
    blocks = MemoryBlocks()
    blocking = Blocking(store=blocks, spawn=background.spawn)
    world = World(log, bus, journal, clock, background, blocks, blocking)
    bus.subscribe(on_record=world.published.append)
    return world
