"""Marks in memory."""

from collections.abc import Mapping, Sequence

from parley.adapters.memory.disk import Disk
from parley.adapters.memory.log import MemoryLog
from parley.model.entries import MessageNew
from parley.model.ids import ConversationId, UserId
from parley.model.marks import Mark, Point, Standing, position
from parley.ports.marks import MarkStore, Move


class MemoryMarks(MarkStore):
    """Beside a log in memory, on the same disk; its readings meet the same faults."""

    def __init__(self, log: MemoryLog) -> None:
        self._log = log

    def drop(self, user_id: UserId) -> None:
        """Forget everything about this person."""
        marks = self._log.disk.marks
        for key in [key for key in marks if key[1] == user_id]:
            del marks[key]

    async def advance(self, moves: Sequence[Move]) -> Sequence[Move]:
        moved = []
        marks = self._log.disk.marks
        for move in moves:
            key = move.conversation_id, move.user_id
            before = marks.get(key, Mark())
            marks[key] = before.joined(move.mark)
            if marks[key] != before:
                moved.append(Move(*key, marks[key]))
        return moved

    async def rewind(self, move: Move) -> Mark:
        key = move.conversation_id, move.user_id
        marks = self._log.disk.marks
        marks[key] = marks.get(key, Mark()).rewound(move.mark)
        return marks[key]

    async def of(
        self, conversation_id: ConversationId, user_ids: Sequence[UserId]
    ) -> Mapping[UserId, Mark]:
        marks = self._log.disk.marks
        return await self._log.look(
            lambda: {
                user_id: marks[conversation_id, user_id]
                for user_id in user_ids
                if (conversation_id, user_id) in marks
            }
        )

    async def standings(
        self, user_id: UserId, conversation_ids: Sequence[ConversationId]
    ) -> Mapping[ConversationId, Standing]:
        disk = self._log.disk
        return await self._log.look(
            lambda: {
                conversation_id: _standing(disk, conversation_id, user_id)
                for conversation_id in conversation_ids
                if user_id in disk.state(conversation_id).members
            }
        )


def _standing(disk: Disk, conversation_id: ConversationId, user_id: UserId) -> Standing:
    mark = disk.marks.get((conversation_id, user_id), Mark())
    state = disk.state(conversation_id)
    joined_seq = state.members[user_id].joined_seq
    log = [record.entry for record in disk.log(conversation_id)]
    own = [
        Point(entry.seq, entry.messages)
        for entry in log
        if entry.seq == joined_seq or (isinstance(entry, MessageNew) and entry.actor_id == user_id)
    ]
    read, messages = position(mark, own)
    mentions = [
        entry
        for entry in log[read:]
        if isinstance(entry, MessageNew) and entry.actor_id != user_id and user_id in entry.mentions
    ]
    return Standing(
        conversation_id=conversation_id,
        head=state.head,
        delivered=max(mark.delivered, read),
        read=read,
        unread=state.messages - messages,
        mentions=len(mentions),
    )
