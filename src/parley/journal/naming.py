"""Naming: the names of rooms, kept in step with their logs without a transaction over both.

A name is claimed before the entry that gives it, and let go after the entry that takes it away. A claim over a minute
old is void if its conversation has no such name, as after a crash between the two, and is taken over by who wants it.
"""

import logging
from typing import Final

from parley.journal.commands import Unchanged
from parley.journal.journal import Journal
from parley.model.conversations import State
from parley.model.entries import ConversationDeleted, Entry
from parley.model.errors import NameTaken, Unavailable
from parley.model.ids import ConversationId, RandomBytes, UserId
from parley.model.rooms import holds, room_key
from parley.ports.clock import Clock
from parley.ports.rooms import Claim, RoomStore

logger = logging.getLogger(__name__)

VOID_MS: Final = 60_000
LATEST_MS: Final = 30_000
"""A rename is judged at most so long after its claim. What is left until it is void is for its append to land, and
for other nodes to hear of it."""


class Naming:
    """Who may call a room what."""

    def __init__(
        self, *, journal: Journal, rooms: RoomStore, clock: Clock, random: RandomBytes
    ) -> None:
        self._journal = journal
        self._rooms = rooms
        self._clock = clock
        self._random = random

    async def claim(self, name: str, conversation_id: ConversationId, user_id: UserId) -> Claim:
        """Claim a name for a conversation, for the entry that is to give it; renews its own claim.

        Raises:
            NameTaken: Another room has it, or is about to.
            Unavailable: It can't be said now.
        """
        token = self._random(8).hex()
        mine = Claim(room_key(name), conversation_id, self._clock.now_ms(), token)
        standing = await self._rooms.claim(mine)
        if standing.token == mine.token:
            return mine
        void = await self._is_void(standing, user_id)
        if void and await self._rooms.take_over(standing, mine):
            return mine
        raise NameTaken(name=name)

    async def claimed(self, name: str) -> Claim | None:
        """The claim on a name as it stands, to be let go once an entry has taken that name away."""
        return await self._rooms.claimed(room_key(name))

    def require_timely(self, claim: Claim) -> None:
        """Pass a claim that no one can have found void yet.

        Raises:
            Unavailable: Too much time has passed since.
        """
        if self._clock.now_ms() - claim.claimed_ms > LATEST_MS:
            raise Unavailable

    async def renamed(self, old: Claim) -> None:
        """Free the name that an entry has just taken away; a fresh claim on it is left to become void.

        Another rename, back to that name, may rest on a fresh one; none rests on an old one, and each makes its own.
        """
        if not self._is_fresh(old):
            await self.deleted(old)

    async def deleted(self, claim: Claim) -> None:
        """Free the name of a room that is no more. Never fails: what can't be freed now is void by itself."""
        try:
            await self._rooms.release(claim)
        except Unavailable:
            logger.warning("a name of %s stays claimed for a while", claim.conversation_id)

    def _is_fresh(self, claim: Claim) -> bool:
        return self._clock.now_ms() - claim.claimed_ms <= VOID_MS

    async def _is_void(self, standing: Claim, user_id: UserId) -> bool:
        state = await self._journal.state(standing.conversation_id)
        if state.deleted:
            return True
        if self._is_fresh(standing) or holds(state, standing.name_key):
            return False
        return state.head > 0 or await self._bar(standing.conversation_id, user_id)

    async def _bar(self, conversation_id: ConversationId, user_id: UserId) -> bool:
        """Make a creation that never came impossible, by an entry 1 that ends it; False where it came meanwhile."""

        def judge(state: State) -> Entry | Unchanged:
            return Unchanged() if state.head else ConversationDeleted(actor_id=user_id)

        committed = await self._journal.commit(conversation_id, user_id, judge)
        return committed.entry is not None
