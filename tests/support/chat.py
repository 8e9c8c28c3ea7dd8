"""The services of conversations over a store in memory, with a few people who have accounts."""

import secrets
from dataclasses import dataclass, field

from parley.adapters.memory.accounts import MemoryAccounts
from parley.adapters.memory.conversations import MemoryConversations
from parley.adapters.memory.log import MemoryLog
from parley.adapters.memory.marks import MemoryMarks
from parley.model.accounts import Account
from parley.model.ids import ConversationId, UserId
from parley.model.instants import timestamp
from parley.ports.bus import Marked, Signal
from parley.services.conversations import Conversations, NewGroup
from parley.services.marks import Marks
from parley.services.messages import Draft, Messages
from parley.services.pins import Pins
from parley.services.reactions import Reactions
from parley.services.sync import Sync
from tests.support.timers import ManualTimers
from tests.support.world import ANN, BEN, CAT, World, world_over


@dataclass
class Chat:
    world: World
    conversations: Conversations
    messages: Messages
    reactions: Reactions
    pins: Pins
    marks: Marks
    sync: Sync
    timers: ManualTimers
    receipts: list[Marked] = field(default_factory=list)

    async def group(self, *others: UserId, name: str = "Home") -> ConversationId:
        """A group of Ann's."""
        made = await self.conversations.create_group(ANN, NewGroup(name=name, members=others))
        assert made.entry is not None
        return made.entry.conversation_id

    async def say(self, user_id: UserId, where: ConversationId, *bodies: str) -> None:
        for body in bodies:
            await self.messages.send(user_id, where, Draft(body=body))

    async def a_second_later(self) -> None:
        """Let a second pass; what it brought is done."""
        await self.timers.pass_time(1)

    def hear(self, signal: Signal) -> None:
        if isinstance(signal, Marked):
            self.receipts.append(signal)


async def a_chat(log: MemoryLog | None = None, *, most_told: int = 100) -> Chat:
    log = log or MemoryLog()
    world = world_over(log)
    accounts = MemoryAccounts()
    for user_id in (ANN, BEN, CAT):
        await accounts.create(
            Account(
                user_id=user_id,
                username=user_id,
                email=None,
                display_name=user_id,
                password_hash="",
                created_at=timestamp(0),
            )
        )
    marks, timers = MemoryMarks(log), ManualTimers(world.clock, world.background)
    chat = Chat(
        world,
        Conversations(
            journal=world.journal,
            views=MemoryConversations(log),
            marks=marks,
            accounts=accounts,
            random=secrets.token_bytes,
            most_first_members=3,
            most_group_members=4,
        ),
        Messages(journal=world.journal, log=log, accounts=accounts, spawn=world.background.spawn),
        Reactions(world.journal),
        Pins(world.journal),
        Marks(
            journal=world.journal,
            log=log,
            marks=marks,
            bus=world.bus,
            spawn=world.background.spawn,
            after=timers.after,
            most_told=most_told,
        ),
        Sync(journal=world.journal, log=log, marks=marks),
        timers,
    )
    world.bus.subscribe(on_signal=chat.hear)
    return chat
