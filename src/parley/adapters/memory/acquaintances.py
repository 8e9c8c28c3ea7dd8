"""Who knows whom, in memory."""

from collections.abc import Collection, Iterator

from parley.adapters.memory.disk import Disk
from parley.adapters.memory.log import MemoryLog
from parley.model.conversations import State
from parley.model.entries import MessageNew
from parley.model.ids import UserId
from parley.ports.acquaintances import Acquaintances


class MemoryAcquaintances(Acquaintances):
    """A view of a log in memory; its readings meet the same faults."""

    def __init__(self, log: MemoryLog) -> None:
        self._log = log

    async def partners(self, user_id: UserId) -> set[UserId]:
        return await self._log.look(
            lambda: {
                other
                for state in _conversations(self._log.disk, user_id)
                if state.kind == "direct"
                for other in state.members
                if other != user_id
            }
        )

    async def sharing(self, user_id: UserId, others: Collection[UserId]) -> set[UserId]:
        return await self._log.look(
            lambda: {
                other
                for state in _conversations(self._log.disk, user_id)
                for other in others
                if other in state.members and other != user_id
            }
        )


def _conversations(disk: Disk, user_id: UserId) -> Iterator[State]:
    """A person's conversations, of the direct ones those in which both have written."""
    for state in disk.states():
        if user_id in state.members and (
            state.kind != "direct" or state.members.keys() <= _writers(disk, state)
        ):
            yield state


def _writers(disk: Disk, state: State) -> set[UserId]:
    entries = (record.entry for record in disk.log(state.conversation_id))
    return {entry.actor_id for entry in entries if isinstance(entry, MessageNew)}
