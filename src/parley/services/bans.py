"""Bans: keeping somebody out of a group or room for good, or until one lets them in again."""

from collections.abc import Callable

from msgspec import Struct

from parley.journal.commands import Committed, Unchanged
from parley.journal.journal import Journal
from parley.model.administration import require_admin
from parley.model.bans import ban, lift_ban
from parley.model.conversations import State
from parley.model.entries import Entry
from parley.model.errors import NotFound
from parley.model.ids import ConversationId, UserId
from parley.model.instants import Timestamp
from parley.model.pages import Page
from parley.ports.accounts import AccountStore


class BanView(Struct, frozen=True):
    """Somebody who may not come in: who decided so, and when."""

    user_id: UserId
    actor_id: UserId
    at: Timestamp


class Bans:
    """Every decision is a command to the conversation's log, judged there."""

    def __init__(self, *, journal: Journal, accounts: AccountStore, most: int = 1_000) -> None:
        self._journal = journal
        self._accounts = accounts
        self._most = most

    async def ban(
        self,
        user_id: UserId,
        conversation_id: ConversationId,
        other_id: UserId,
        *,
        client_id: str | None = None,
    ) -> Committed:
        """Keep somebody out, who is taken out where they are in: an admin those below their rank, and who is not in.

        Raises:
            NotFound: The conversation is not there for this person (`NotAMember` where it is a room), or there is no
                such person.
            Forbidden: Not in a direct conversation, not with this rank.
            Conflict: As many are banned as may be.
        """
        if not await self._accounts.existing([other_id]):
            raise NotFound("There is no such person.", user_id=other_id)
        return await self._commit(
            user_id,
            conversation_id,
            lambda state: ban(state, user_id, other_id, most=self._most),
            client_id,
            ("member.ban", other_id),
        )

    async def lift(
        self,
        user_id: UserId,
        conversation_id: ConversationId,
        other_id: UserId,
        *,
        client_id: str | None = None,
    ) -> Committed:
        """Let somebody come in again, as an admin; they are not brought in by it.

        Raises:
            NotFound: The conversation is not there for this person (`NotAMember` where it is a room).
            Forbidden: This person is no admin.
        """
        return await self._commit(
            user_id,
            conversation_id,
            lambda state: lift_ban(state, user_id, other_id),
            client_id,
            ("member.unban", other_id),
        )

    async def page(
        self, user_id: UserId, conversation_id: ConversationId, *, after: str = "", limit: int
    ) -> Page[BanView]:
        """Who is banned, for admins, in the order of their ids; `next` is the id to go on behind.

        Raises:
            NotFound: The conversation is not there for this person (`NotAMember` where it is a room).
            Forbidden: This person is no admin.
        """
        state = await self._journal.state(conversation_id)
        require_admin(state, user_id)
        order = sorted(one for one in state.banned if one > after)
        items = [
            BanView(one, state.banned[one].actor_id, state.banned[one].at) for one in order[:limit]
        ]
        return Page(items, items[-1].user_id if len(order) > limit else None)

    async def _commit(
        self,
        user_id: UserId,
        conversation_id: ConversationId,
        rule: Callable[[State], Entry | None],
        client_id: str | None,
        command: tuple[str, UserId],
    ) -> Committed:
        return await self._journal.commit(
            conversation_id,
            user_id,
            lambda state: rule(state) or Unchanged(),
            client_id=client_id,
            digest=self._journal.digest(*command) if client_id is not None else None,
        )
