"""The inspection of one conversation: its log is told again, and what is kept beside it is compared with that."""

import logging
from collections.abc import Sequence
from typing import Final

from parley.journal.commands import Digester
from parley.model.ids import ConversationId, UserId
from parley.model.inspection import Fault, Retold
from parley.model.marks import Mark
from parley.model.rooms import room_key
from parley.model.validation import Misshapen
from parley.ports.log import Log, Record
from parley.ports.marks import MarkStore
from parley.ports.rooms import RoomStore
from parley.services.inspection.damage import damage, fault_of

logger = logging.getLogger(__name__)

TOGETHER: Final = 500
ROUNDS: Final = 3
"""What is written while it is read may look wrong once; what looks wrong three times is."""

STATE: Final = (
    *("head", "messages", "at", "kind", "name", "topic", "avatar", "data", "created_at"),
    *("deleted", "members", "pins", "banned"),
)
"""What of a conversation's state is kept; the rest is only remembered."""


class LogInspection:
    """Reads through the same ports as everybody; a server may write meanwhile."""

    def __init__(self, *, log: Log, marks: MarkStore, rooms: RoomStore, digester: Digester) -> None:
        self._log = log
        self._marks = marks
        self._rooms = rooms
        self._digester = digester

    async def conversation(self, conversation_id: ConversationId) -> tuple[Retold, list[Fault]]:
        """A log told again, and what is wrong with it or with what is kept beside it."""
        retold, faults = await self._looked_at(conversation_id)
        for _ in range(ROUNDS):
            if not faults:
                break
            retold, faults = await self._looked_at(conversation_id)
        state = retold.state
        if faults and not retold.faults and await self._log.read(conversation_id, state.head, 1):
            # It never stood still, and what is kept beside it has a right to be ahead.
            return retold, []
        return retold, faults

    async def _looked_at(self, conversation_id: ConversationId) -> tuple[Retold, list[Fault]]:
        retold = Retold(conversation_id, self._digester)
        try:
            await self._retell(retold)
            return retold, retold.faults or [
                *await self._state(retold),
                *await self._aftermaths(retold),
                *await self._of_members(retold),
                *await self._claim(retold),
            ]
        except Misshapen:
            return retold, retold.faults
        except Exception as error:
            message = f"What is kept beside it can't be read: {damage(error)}."
            retold.faults.append(fault_of("unreadable", message, conversation_id))
            return retold, retold.faults

    async def _retell(self, retold: Retold) -> None:
        state = retold.state
        settled, _ = await self._log.aftermaths(state.conversation_id, ())
        while records := await self._read(retold):
            for record in records:
                retold.take(record.entry, record.digest)
        for seq in retold.edited:
            retold.sent_with(seq, await self._log.original(state.conversation_id, seq))
        retold.end(settled)

    async def _read(self, retold: Retold) -> Sequence[Record]:
        """The next records; of those among which one can't be read, that one is named.

        Raises:
            Misshapen: It is the next one.
        """
        state = retold.state
        conversation_id, head = state.conversation_id, state.head
        try:
            return await self._log.read(conversation_id, head, TOGETHER)
        except Exception as error:
            logger.debug("some entries can't be read", exc_info=error)
            damage(error)
        try:
            return await self._log.read(conversation_id, head, 1)
        except Exception as error:
            message = f"Entry {head + 1} can't be read: {damage(error)}."
            retold.faults.append(
                Fault(
                    kind="unreadable",
                    message=message,
                    conversation_id=conversation_id,
                    seq=head + 1,
                )
            )
            raise Misshapen from error

    async def _state(self, retold: Retold) -> list[Fault]:
        kept = await self._log.load(retold.state.conversation_id)
        if kept == retold.state:
            return []
        differ = [name for name in STATE if getattr(kept, name) != getattr(retold.state, name)]
        message = f"The views differ from the log in: {', '.join(differ)}."
        return [fault_of("state_differs", message, kept.conversation_id)]

    async def _aftermaths(self, retold: Retold) -> list[Fault]:
        faults = []
        conversation_id = retold.state.conversation_id
        for begin in range(0, len(retold.touched), TOGETHER):
            some = retold.touched[begin : begin + TOGETHER]
            _, kept = await self._log.aftermaths(conversation_id, some)
            for seq in some:
                if kept.get(seq) != retold.aftermath(seq):
                    message = f"What became of message {seq} is kept otherwise than the log says."
                    faults.append(
                        Fault(
                            kind="aftermath_differs",
                            message=message,
                            conversation_id=conversation_id,
                            seq=seq,
                        )
                    )
        return faults

    async def _of_members(self, retold: Retold) -> list[Fault]:
        faults = []
        conversation_id = retold.state.conversation_id
        members = sorted(retold.state.members)
        for begin in range(0, len(members), TOGETHER):
            some = members[begin : begin + TOGETHER]
            marks = await self._marks.of(conversation_id, some)
            for user_id in some:
                mark = marks.get(user_id, Mark())
                faults += _mark(retold, user_id, mark) or await self._standing(
                    retold, user_id, mark
                )
        return faults

    async def _standing(self, retold: Retold, user_id: UserId, mark: Mark) -> list[Fault]:
        """Marks move without entries: what differs is a fault only if the mark stood still around it."""
        conversation_id = retold.state.conversation_id
        moved = True
        while moved:
            kept = (await self._marks.standings(user_id, [conversation_id])).get(conversation_id)
            if kept == retold.standing(user_id, mark):
                return []
            again = (await self._marks.of(conversation_id, [user_id])).get(user_id, Mark())
            moved, mark = again != mark, again
        message = f"What {user_id} has not read, or is mentioned in, is counted otherwise than the log says."
        return [fault_of("standing_differs", message, conversation_id)]

    async def _claim(self, retold: Retold) -> list[Fault]:
        state = retold.state
        if state.kind != "room" or not state.exists or state.name is None:
            return []
        claim = await self._rooms.claimed(room_key(state.name))
        if claim is not None and claim.conversation_id == state.conversation_id:
            return []
        message = f"The name of this room, {state.name}, is not claimed for it."
        return [fault_of("name_not_claimed", message, state.conversation_id)]


def _mark(retold: Retold, user_id: UserId, mark: Mark) -> list[Fault]:
    conversation_id = retold.state.conversation_id
    head = retold.state.head
    if not mark.read <= mark.seen <= mark.delivered <= head or mark.unread_at > head:
        message = f"The marks of {user_id} are beyond the head, or past one another: {mark}."
        return [fault_of("mark_beyond_head", message, conversation_id)]
    if retold.count_at(mark.read) != mark.messages:
        message = f"The mark of {user_id} counts {mark.messages} messages up to {mark.read}."
        return [fault_of("mark_count_differs", message, conversation_id)]
    return []
