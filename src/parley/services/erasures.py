"""Erasures: accounts that go, and everything that they wrote with them."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from parley.journal.commands import Unchanged
from parley.journal.journal import Journal
from parley.model.accounts import Account
from parley.model.conversations import State
from parley.model.entries import Entry, MessageUnpinned
from parley.model.erasures import Erasure
from parley.model.errors import Unavailable
from parley.model.ids import SERVER_MADE, ConversationId, UserId
from parley.model.instants import timestamp
from parley.model.permissions import erase_member
from parley.model.sessions import Identity
from parley.ports.background import Spawn
from parley.ports.clock import Clock
from parley.ports.conversations import Conversations
from parley.ports.erasures import ErasureStore
from parley.ports.log import Log

ERASED: Final = f"{SERVER_MADE}erased"
"""The client_id of the entry by which somebody's account is erased from a conversation: once, however often tried."""

LEASE_MS: Final = 30_000
"""An erasure of which nothing was heard for so long is carried on by whoever finds it first."""

SETTLED_MS: Final = 60_000
"""So long after its beginning none of the person's commands is under way, and nobody is about to bring them in."""

TOGETHER: Final = 1_000
"""Conversations that are looked through at once."""


class Erasures:
    """Erases accounts: at once for the person, in the background for what they wrote, and in the end for sure.

    An erasure is gone through twice: what was under way at its beginning may have come to something after the first.
    `grace_s` is how long somebody without a socket still counts as there, after which it is kept when they were seen.
    """

    def __init__(
        self,
        *,
        erasures: ErasureStore,
        journal: Journal,
        log: Log,
        conversations: Conversations,
        require_password: Callable[[Identity, str], Awaitable[Account]],
        end_sessions: Callable[[UserId], Awaitable[None]],
        clock: Clock,
        spawn: Spawn,
        grace_s: float = 0.0,
    ) -> None:
        self._erasures = erasures
        self._journal = journal
        self._log = log
        self._conversations = conversations
        self._require_password = require_password
        self._end_sessions = end_sessions
        self._clock = clock
        self._spawn = spawn
        self._settled_ms = SETTLED_MS + round(grace_s * 1000)
        self._closed = False

    async def erase(self, identity: Identity, password: str) -> None:
        """Erase the account of the person who asks.

        When this returns, the account is gone, its names are free, and its sessions have ended. In each conversation
        in which they are, or wrote, one `member.left` (erased) follows; then their messages are emptied.

        Raises:
            WrongCredentials: The password is another.
            Unauthenticated: The account is gone.
            RateLimited: Too many wrong ones, or too many people at once.
            Unavailable: The erasure may have begun; if it has, it is carried out.
        """
        await self._require_password(identity, password)
        now_ms, user_id = self._clock.now_ms(), identity.user_id
        await self._erasures.begin(user_id, now_ms, now_ms + LEASE_MS)
        await self._end_sessions(user_id)
        self._spawn(self._carry_out(Erasure(user_id=user_id, begun_ms=now_ms)))

    async def carry_on(self) -> None:
        """Carry out every erasure that is due: those that a crash or another node left undone, and second times."""
        while not self._closed:
            now_ms = self._clock.now_ms()
            erasure = await self._erasures.claim(now_ms, now_ms + LEASE_MS)
            if erasure is None:
                return
            await self._carry_out(erasure)

    def close(self) -> None:
        """Go no further; the next start carries on."""
        self._closed = True

    async def _carry_out(self, erasure: Erasure) -> None:
        """Every step may have been done before, and may be done by two nodes at once."""
        user_id, began_ms = erasure.user_id, self._clock.now_ms()
        await self._erasures.begin(user_id, erasure.begun_ms, began_ms + LEASE_MS)
        await self._end_sessions(user_id)
        everywhere = await self._leave_all(erasure)
        await self._erasures.forget(user_id)
        if not everywhere:
            return  # due again once the lease is over
        if began_ms >= erasure.begun_ms + self._settled_ms:
            await self._erasures.finish(user_id)
        else:
            await self._erasures.postpone(user_id, erasure.begun_ms + self._settled_ms)

    async def _leave_all(self, erasure: Erasure) -> bool:
        """Whether they are erased from every conversation that there is; one that can't be now holds up no other."""
        everywhere, renewed_ms = True, self._clock.now_ms()
        after: ConversationId | None = ConversationId("")
        while after is not None:
            touched = await self._conversations.touched(erasure.user_id, after, TOGETHER)
            for conversation_id in touched.conversation_ids:
                if self._closed:
                    return False
                now_ms = self._clock.now_ms()
                if now_ms - renewed_ms > LEASE_MS / 3:
                    await self._erasures.postpone(erasure.user_id, now_ms + LEASE_MS)
                    renewed_ms = now_ms
                try:
                    await self._leave(conversation_id, erasure)
                except Unavailable:
                    everywhere = False
            after = touched.next
        return everywhere

    async def _leave(self, conversation_id: ConversationId, erasure: Erasure) -> None:
        user_id = erasure.user_id
        if (await self._journal.state(conversation_id)).exists:
            await self._unpin(conversation_id, user_id)
            if await self._told(conversation_id, user_id):
                return
        # Nothing can be appended where it has ended, and nobody reads it.
        await self._log.erase(conversation_id, user_id, timestamp(erasure.begun_ms))

    async def _told(self, conversation_id: ConversationId, user_id: UserId) -> bool:
        """Whether the entry that erases them is in, now or before; False where the conversation has ended.

        There is a second one only where somebody brought them in once more, just before their account was gone.
        """
        before = await self._log.find(conversation_id, user_id, ERASED)
        member = (await self._journal.state(conversation_id)).members.get(user_id)
        again = 0
        if before is not None:
            if member is None or member.joined_seq < before.entry.seq:
                if (
                    self._log.shared
                ):  # whoever appended it may have died before anything was emptied
                    await self._log.erase(conversation_id, user_id, before.entry.at)
                return True
            again = member.joined_seq
        committed = await self._journal.commit(
            conversation_id,
            user_id,
            partial(_left, user_id=user_id, again=again),
            client_id=f"{ERASED}-{again}" if again else ERASED,
        )
        return committed.entry is not None

    async def _unpin(self, conversation_id: ConversationId, user_id: UserId) -> None:
        """Unpin what they wrote: the entry that erases them doesn't say which messages those are."""
        for seq in list((await self._journal.state(conversation_id)).pins):
            found = await self._log.read(conversation_id, seq - 1, 1)
            if found and found[0].entry.actor_id == user_id:
                judge = partial(_unpinned, user_id=user_id, seq=seq)
                await self._journal.commit(conversation_id, user_id, judge)


def _left(state: State, user_id: UserId, again: int) -> Entry | Unchanged:
    member = state.members.get(user_id)
    gone = again and (member is None or member.joined_seq != again)
    return Unchanged() if gone or not state.exists else erase_member(state, user_id)


def _unpinned(state: State, user_id: UserId, seq: int) -> Entry | Unchanged:
    if seq in state.pins:
        return MessageUnpinned(actor_id=user_id, message_seq=seq)
    return Unchanged()
