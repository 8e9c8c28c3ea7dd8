"""Typing: that somebody is about to say something. Kept nowhere."""

from typing import Final

from msgspec import Struct

from parley.journal.blocking import Blocking
from parley.journal.journal import Journal
from parley.model.buckets import Buckets
from parley.model.ids import ConversationId, UserId
from parley.model.permissions import require_writer
from parley.ports.bus import Bus
from parley.ports.bus import Typing as TypingSignal
from parley.ports.clock import Clock

SHOWN_MS: Final = 6_000
"""How long others see it, unless it is said again. Nobody is told when it ends: their clients know."""

PER_MINUTE: Final = 20
"""How often one device may say so in one conversation: every three seconds, well before it ends."""


class Told(Struct, frozen=True):
    """For how long the others were told to show it; 0 where they were not told anything new."""

    for_ms: int


class Typing:
    """`most_members` is how many a conversation may have for its members to be told."""

    def __init__(
        self,
        *,
        journal: Journal,
        blocking: Blocking,
        bus: Bus,
        clock: Clock,
        most_members: int = 200,
    ) -> None:
        self._journal = journal
        self._blocking = blocking
        self._bus = bus
        self._clock = clock
        self._most_members = most_members
        self._said = Buckets(burst=1, per_minute=PER_MINUTE)

    async def say(self, user_id: UserId, device: str, conversation_id: ConversationId) -> Told:
        """Tell the other members that this person writes, unless `device` (a socket) did so a moment ago.

        Raises:
            NotFound: There is no such conversation for this person.
            NotAMember: It is a room that they are not in.
            Forbidden: They may only read.
        """
        state = await self._journal.state(conversation_id)
        require_writer(state, user_id)
        if not 1 < len(state.members) <= self._most_members:
            return Told(0)
        if (await self._blocking.relation(state, user_id)).blocked:
            return Told(0)
        if self._said.take((device, conversation_id), self._clock.monotonic()):
            return Told(0)
        self._bus.signal(TypingSignal(conversation_id, user_id, SHOWN_MS))
        return Told(SHOWN_MS)
