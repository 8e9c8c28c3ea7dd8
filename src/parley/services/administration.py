"""Administration: what those in charge of a conversation decide: how it is called, who has which role, its end."""

import msgspec

from parley.journal.commands import Committed, Unchanged
from parley.journal.journal import Journal
from parley.journal.naming import Naming
from parley.model.administration import (
    change_conversation,
    change_role,
    check_changes,
    delete_conversation,
)
from parley.model.conversations import RANK, State
from parley.model.entries import Changes, Entry, Role
from parley.model.errors import Conflict, NameTaken
from parley.model.ids import ConversationId, UserId
from parley.model.rooms import room_key
from parley.ports.rooms import Claim


class Administration:
    """Every decision is a command to the conversation's log, judged there."""

    def __init__(self, *, journal: Journal, naming: Naming) -> None:
        self._journal = journal
        self._naming = naming

    async def change(
        self,
        user_id: UserId,
        conversation_id: ConversationId,
        changes: Changes,
        *,
        client_id: str | None = None,
    ) -> Committed:
        """Set name, topic, avatar or data anew; None takes one away, but never the name. No difference appends nothing.

        Raises:
            Invalid: Something is not acceptable.
            TooLarge: Something is too long.
            NotFound: The conversation is not there for this person (`NotAMember` where it is a room).
            Forbidden: This person is no admin.
            NameTaken: Another room is called so, or is about to be.
        """
        check_changes(changes)
        renaming = await self._rename(user_id, conversation_id, changes)

        def judge(state: State) -> Entry | Unchanged:
            entry = change_conversation(state, user_id, changes)
            if entry is None:
                return Unchanged()
            if state.kind == "room" and entry.changes.name is not msgspec.UNSET:
                renaming.require_claimed(self._naming)
            return entry

        digest = self._journal.digest("conversation.change", changes)
        committed = await self._journal.commit(
            conversation_id,
            user_id,
            judge,
            client_id=client_id,
            digest=digest if client_id is not None else None,
        )
        if renaming.old is not None and committed.entry is not None and not committed.duplicate:
            await self._naming.renamed(renaming.old)
        return committed

    async def delete(self, user_id: UserId, conversation_id: ConversationId) -> Committed:
        """End a conversation for everyone; a room's name is free then.

        Raises:
            NotFound: The conversation is not there for this person (`NotAMember` where it is a room).
            Forbidden: This person does not own it, or it is a direct one.
        """
        state = await self._journal.state(conversation_id)
        claim = None
        if state.kind == "room" and state.name is not None:
            claim = await self._naming.claimed(state.name)
        committed = await self._journal.commit(
            conversation_id, user_id, lambda state: delete_conversation(state, user_id)
        )
        if claim is not None and claim.conversation_id == conversation_id:
            await self._naming.deleted(claim)
        return committed

    async def change_role(
        self,
        user_id: UserId,
        conversation_id: ConversationId,
        member_id: UserId,
        role: Role,
        *,
        client_id: str | None = None,
    ) -> Committed:
        """Give a member another role; an owner who makes another one owner is an admin from the same entry on.

        Raises:
            NotFound: The conversation is not there for this person, or there is no such member.
            LastOwner: The owner would go without another taking over.
            Forbidden: Not in a direct conversation, not with this rank.
        """
        command = ("member.change", member_id, role)
        return await self._journal.commit(
            conversation_id,
            user_id,
            lambda state: change_role(state, user_id, member_id, role) or Unchanged(),
            client_id=client_id,
            digest=self._journal.digest(*command) if client_id is not None else None,
        )

    async def _rename(
        self, user_id: UserId, conversation_id: ConversationId, changes: Changes
    ) -> "_Renaming":
        """Claim what is needed. Only for those who may rename: nobody else shall keep a name from others so."""
        state = await self._journal.state(conversation_id)
        name, past, role = changes.name, state.name, state.role(user_id)
        may = state.kind == "room" and role is not None and RANK[role] >= RANK["admin"]
        if not may or not isinstance(name, str):
            return _Renaming()
        old = None
        if past is not None and room_key(past) != room_key(name):
            old = await self._naming.claimed(past)
        try:
            new = await self._naming.claim(name, conversation_id, user_id)
        except NameTaken as taken:
            return _Renaming(taken=taken)
        mine = old is not None and old.conversation_id == conversation_id
        return _Renaming(old=old if mine else None, new=new)


class _Renaming:
    """What a rename of a room rests on: `new` is claimed for it, `old` is to be let go after it."""

    def __init__(
        self, *, old: Claim | None = None, new: Claim | None = None, taken: NameTaken | None = None
    ) -> None:
        self.old = old
        self._new = new
        self._taken = taken

    def require_claimed(self, naming: Naming) -> None:
        """Refuse what has no claim: in the judge, so that a retry is still answered with its first entry."""
        if self._taken is not None:
            raise self._taken
        if self._new is None:
            raise Conflict
        naming.require_timely(self._new)
