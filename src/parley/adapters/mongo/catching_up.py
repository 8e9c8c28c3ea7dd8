"""What a person missed, by one reading."""

from collections.abc import Mapping, Sequence

import msgspec

from parley.adapters.mongo.entries import Entries, Range, by_conversation
from parley.adapters.mongo.inside import Inside, Standing
from parley.adapters.mongo.memberships import Memberships, Pointer
from parley.model.entries import Entry, MemberLeft
from parley.model.ids import ConversationId, UserId
from parley.ports.log import CatchUp, CaughtUp, Record


class CatchingUp:
    def __init__(self, entries: Entries, memberships: Memberships, inside: Inside) -> None:
        self._entries = entries
        self._memberships = memberships
        self._inside = inside

    async def since(
        self, user_id: UserId, cursors: Mapping[ConversationId, int], limit: int, most_bytes: int
    ) -> CatchUp:
        """See `Log.catch_up`."""
        standings = await self._inside.of(user_id)
        wanted = _wanted(standings, cursors, limit)
        records = await self._entries.ranges(wanted) if wanted else []
        present = by_conversation(await self._inside.present(records, standings))
        conversations = []
        for standing in standings:
            entries, most_bytes = _fitting(present.get(standing.conversation_id, ()), most_bytes)
            conversations.append(CaughtUp(standing.conversation_id, standing.head, entries))
        mine = {standing.conversation_id for standing in standings}
        lost = [conversation_id for conversation_id in cursors if conversation_id not in mine]
        return CatchUp(conversations, await self._departures(user_id, lost))

    async def _departures(
        self, user_id: UserId, lost: Sequence[ConversationId]
    ) -> dict[ConversationId, int]:
        """The seq of this person's last `member.left` in each, or 0."""
        if not lost:
            return {}
        pointers = await self._memberships.of(user_id, lost)
        return {
            conversation_id: await self._departure(
                user_id, conversation_id, pointers.get(conversation_id)
            )
            for conversation_id in lost
        }

    async def _departure(
        self, user_id: UserId, conversation_id: ConversationId, pointer: Pointer | None
    ) -> int:
        if pointer is None:
            return 0
        if not pointer.pending:
            return pointer.left_seq
        left = await self._entries.of_types(
            conversation_id, {"$gt": pointer.seq}, ("member.left",), newest=True
        )
        seqs = [
            record.entry.seq
            for record in left
            if isinstance(record.entry, MemberLeft) and record.entry.user_id == user_id
        ]
        return max(seqs, default=pointer.left_seq)


def _wanted(
    standings: Sequence[Standing], cursors: Mapping[ConversationId, int], limit: int
) -> dict[ConversationId, Range]:
    """Which ranges to read: numbers have no holes, so how many entries each holds is known before."""
    wanted: dict[ConversationId, Range] = {}
    for standing in standings:
        cursor = cursors.get(standing.conversation_id)
        if cursor is not None and cursor < standing.head and limit > 0:
            last = min(standing.head, cursor + limit)
            wanted[standing.conversation_id] = (cursor, last)
            limit -= last - cursor
    return wanted


def _fitting(records: Sequence[Record], most_bytes: int) -> tuple[list[Entry], int]:
    """The entries for which there is room, the last of them may go over; and what is left of it."""
    taken: list[Entry] = []
    for record in records:
        if most_bytes <= 0:
            break
        taken.append(record.entry)
        most_bytes -= len(msgspec.json.encode(record.entry))
    return taken, most_bytes
