"""Pages and catching up, read from the disk in memory."""

from collections.abc import Mapping, Sequence

import msgspec

from parley.adapters.memory.disk import Disk
from parley.model.entries import Entry, MessageNew
from parley.model.ids import ConversationId, UserId
from parley.ports.log import CatchUp, CaughtUp, Record


def page(
    log: Sequence[Record], *, before: int | None, after: int | None, limit: int
) -> tuple[int, list[MessageNew]]:
    """The head, and a page of messages as `Log.messages` promises it."""
    messages = [record.entry for record in log if isinstance(record.entry, MessageNew)]
    if after is not None:
        chosen = [message for message in messages if message.seq > after][:limit]
    else:
        earlier = [message for message in messages if before is None or message.seq < before]
        chosen = earlier[max(0, len(earlier) - limit) :]
    return len(log), chosen


def mine(disk: Disk, user_id: UserId) -> list[ConversationId]:
    """A person's conversations, latest activity first."""
    inside = [state.conversation_id for state in disk.states() if user_id in state.members]
    return sorted(inside, key=disk.activity, reverse=True)


def catch_up(
    disk: Disk,
    user_id: UserId,
    cursors: Mapping[ConversationId, int],
    *,
    limit: int,
    most_bytes: int,
) -> CatchUp:
    """What a person missed, as `Log.catch_up` promises it."""
    conversations: list[CaughtUp] = []
    for conversation_id in mine(disk, user_id):
        entries: list[Entry] = []
        cursor = cursors.get(conversation_id)
        if cursor is not None:
            for record in disk.log(conversation_id)[cursor:]:
                if limit <= 0 or most_bytes <= 0:
                    break
                entries.append(record.entry)
                limit -= 1
                most_bytes -= len(msgspec.json.encode(record.entry))
        conversations.append(CaughtUp(conversation_id, disk.head(conversation_id), entries))
    inside = {caught.conversation_id for caught in conversations}
    lost = {
        conversation_id: disk.departure(conversation_id, user_id)
        for conversation_id in cursors
        if conversation_id not in inside
    }
    return CatchUp(conversations, lost)
