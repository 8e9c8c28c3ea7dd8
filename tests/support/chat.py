"""The services of conversations over a store in memory, with a few people who have accounts."""

import secrets
from dataclasses import dataclass, field

from parley.adapters.memory.accounts import MemoryAccounts
from parley.adapters.memory.conversations import MemoryConversations
from parley.adapters.memory.log import MemoryLog
from parley.adapters.memory.marks import MemoryMarks
from parley.adapters.memory.preferences import MemoryPreferences
from parley.adapters.memory.rooms import MemoryRooms
from parley.journal.capacity import Capacity
from parley.journal.naming import Naming
from parley.journal.rollbacks import Rollbacks
from parley.model.accounts import Account
from parley.model.ids import ConversationId, UserId
from parley.model.instants import timestamp
from parley.ports.bus import Marked, Signal
from parley.ports.rooms import RoomStore
from parley.services.administration import Administration
from parley.services.bans import Bans
from parley.services.conversations import Conversations, NewGroup
from parley.services.marks import Marks
from parley.services.messages import Draft, Messages
from parley.services.pins import Pins
from parley.services.preferences import Preferences
from parley.services.reactions import Reactions
from parley.services.rooms import NewRoom, Rooms
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
    rooms: Rooms
    room_store: RoomStore
    administration: Administration
    preferences: Preferences
    bans: Bans
    timers: ManualTimers
    receipts: list[Marked] = field(default_factory=list)

    async def room(
        self, owner: UserId = ANN, *joining: UserId, name: str = "Hall"
    ) -> ConversationId:
        """A room that these people joined."""
        made = await self.rooms.create(owner, NewRoom(name=name))
        assert made.entry is not None
        for user_id in joining:
            await self.rooms.join(user_id, made.entry.conversation_id)
        return made.entry.conversation_id

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
    rooms, preferences = MemoryRooms(log), MemoryPreferences()
    naming = Naming(
        journal=world.journal, rooms=rooms, clock=world.clock, random=secrets.token_bytes
    )
    capacity = Capacity(views=MemoryConversations(log))
    chat = Chat(
        world,
        Conversations(
            journal=world.journal,
            blocking=world.blocking,
            capacity=capacity,
            views=MemoryConversations(log),
            marks=marks,
            accounts=accounts,
            preferences=preferences,
            random=secrets.token_bytes,
            most_first_members=3,
            most_group_members=4,
            most_room_members=3,
        ),
        Messages(
            journal=world.journal,
            blocking=world.blocking,
            capacity=capacity,
            log=log,
            accounts=accounts,
            spawn=world.background.spawn,
        ),
        Reactions(journal=world.journal, blocking=world.blocking),
        Pins(journal=world.journal, blocking=world.blocking, log=log),
        Marks(
            journal=world.journal,
            blocking=world.blocking,
            log=log,
            marks=marks,
            bus=world.bus,
            spawn=world.background.spawn,
            after=timers.after,
            most_told=most_told,
        ),
        Sync(
            journal=world.journal,
            log=log,
            marks=marks,
            preferences=preferences,
            rollbacks=Rollbacks(),
        ),
        Rooms(
            journal=world.journal,
            naming=naming,
            rooms=rooms,
            capacity=capacity,
            random=secrets.token_bytes,
            most_members=3,
        ),
        rooms,
        Administration(journal=world.journal, naming=naming),
        Preferences(journal=world.journal, preferences=preferences),
        Bans(journal=world.journal, accounts=accounts),
        timers,
    )
    world.bus.subscribe(on_signal=chat.hear)
    return chat
