"""Whose conversations are which, in memory."""

from collections.abc import Mapping, Sequence

from parley.adapters.memory.disk import Disk
from parley.adapters.memory.log import MemoryLog
from parley.adapters.memory.reading import mine
from parley.model.entries import MessageNew
from parley.model.ids import ConversationId, UserId
from parley.ports.conversations import Conversations, Listed, Membership, Touched


class MemoryConversations(Conversations):
    """The views of a log in memory; its readings meet the same faults."""

    def __init__(self, log: MemoryLog) -> None:
        self._log = log

    async def memberships(self, user_id: UserId) -> Mapping[ConversationId, Membership]:
        def reading() -> dict[ConversationId, Membership]:
            disk = self._log.disk
            return {
                found: Membership(disk.head(found), disk.state(found).members[user_id].joined_seq)
                for found in mine(disk, user_id)
            }

        return await self._log.look(reading)

    async def full(self, user_ids: Sequence[UserId], most: int) -> set[UserId]:
        disk = self._log.disk
        return await self._log.look(
            lambda: {one for one in user_ids if len(mine(disk, one)) >= most}
        )

    async def listed(
        self, user_id: UserId, *, kind: str | None, before: int | None, limit: int
    ) -> Sequence[Listed]:
        def reading() -> list[Listed]:
            disk = self._log.disk
            found = [
                conversation_id
                for conversation_id in mine(disk, user_id)
                if (kind is None or disk.state(conversation_id).kind == kind)
                and (before is None or disk.activity(conversation_id) < before)
            ]
            return [_listed(disk, conversation_id) for conversation_id in found[:limit]]

        return await self._log.look(reading)

    async def touched(self, user_id: UserId, after: str, limit: int) -> Touched:
        def reading() -> Touched:
            disk = self._log.disk
            there = sorted(state.conversation_id for state in disk.states())
            page = [one for one in there if one > after][:limit]
            found = [one for one in page if _touched(disk, one, user_id)]
            return Touched(found, page[-1] if len(page) == limit else None)

        return await self._log.look(reading)


def _touched(disk: Disk, conversation_id: ConversationId, user_id: UserId) -> bool:
    acted = any(record.entry.actor_id == user_id for record in disk.log(conversation_id))
    return acted or user_id in disk.state(conversation_id).members


def _listed(disk: Disk, conversation_id: ConversationId) -> Listed:
    messages = [record.entry for record in disk.log(conversation_id)]
    last = next((entry for entry in reversed(messages) if isinstance(entry, MessageNew)), None)
    return Listed(conversation_id, disk.head(conversation_id), last, disk.activity(conversation_id))
