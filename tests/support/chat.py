"""The services of conversations over a store in memory, with a few people who have accounts."""

import secrets
from dataclasses import dataclass

from parley.adapters.memory.accounts import MemoryAccounts
from parley.adapters.memory.conversations import MemoryConversations
from parley.adapters.memory.log import MemoryLog
from parley.model.accounts import Account
from parley.model.ids import ConversationId, UserId
from parley.model.instants import timestamp
from parley.services.conversations import Conversations, NewGroup
from parley.services.messages import Draft, Messages
from parley.services.pins import Pins
from parley.services.reactions import Reactions
from parley.services.sync import Sync
from tests.support.world import ANN, BEN, CAT, World, world_over


@dataclass
class Chat:
    world: World
    conversations: Conversations
    messages: Messages
    reactions: Reactions
    pins: Pins
    sync: Sync

    async def group(self, *others: UserId, name: str = "Home") -> ConversationId:
        """A group of Ann's."""
        made = await self.conversations.create_group(ANN, NewGroup(name=name, members=others))
        assert made.entry is not None
        return made.entry.conversation_id

    async def say(self, user_id: UserId, where: ConversationId, *bodies: str) -> None:
        for body in bodies:
            await self.messages.send(user_id, where, Draft(body=body))


async def a_chat(log: MemoryLog | None = None) -> Chat:
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
    return Chat(
        world,
        Conversations(
            journal=world.journal,
            views=MemoryConversations(log),
            accounts=accounts,
            random=secrets.token_bytes,
            most_first_members=3,
            most_group_members=4,
        ),
        Messages(journal=world.journal, log=log, accounts=accounts, spawn=world.background.spawn),
        Reactions(world.journal),
        Pins(world.journal),
        Sync(journal=world.journal, log=log),
    )
