"""The real server with one fault planted where its parts are put together: `FAULT serve …` as arguments.

Each fault is one that people make; `parley verify` has to find it from outside.
"""

import asyncio
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec

from parley.bootstrap import core, gateway
from parley.cli.main import app
from parley.gateway.connection import Connection
from parley.gateway.hub import Hub
from parley.model.conversations import State
from parley.model.entries import MessageNew, Role
from parley.model.ids import ConversationId, UserId
from parley.ports.answers import Answer
from parley.ports.log import Appended, CatchUp, Log, Record
from parley.services import messages
from parley.stores import Stores

LATE_SECONDS: Final = 0.3
EVERY: Final = 40


class Around:
    """A log that does what the real one does, but for what a subclass says."""

    def __init__(self, log: Log) -> None:
        self._log = log

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)


class AckBeforeCommit(Around):
    """Says that it is durable, and writes it a little later."""

    def __init__(self, log: Log) -> None:
        super().__init__(log)
        self._position = 10**9

    def append(
        self, conversation_id: ConversationId, after: int, records: Sequence[Record]
    ) -> Answer[Appended]:
        loop = asyncio.get_running_loop()
        loop.call_later(LATE_SECONDS, self._log.append, conversation_id, after, records)
        self._position += len(records)
        positions = range(self._position - len(records), self._position)
        answer: Answer[Appended] = Answer()
        loop.call_soon(answer.resolve, Appended(len(records), list(positions)))
        return answer


class NoResume(Around):
    """Who comes back is told where the conversations are now, and nothing of what they missed."""

    async def catch_up(
        self, user_id: UserId, cursors: Mapping[ConversationId, int], limit: int, most_bytes: int
    ) -> CatchUp:
        found = await self._log.catch_up(user_id, cursors, limit, most_bytes)
        missed = [
            msgspec.structs.replace(
                one, head=cursors.get(one.conversation_id, one.head), entries=[]
            )
            for one in found.conversations
        ]
        return CatchUp(missed, found.lost)


class LostPush(Hub):
    """Now and then an entry is not pushed."""

    _count = 0

    def on_record(self, record: Record) -> None:
        self._count += 1
        if self._count % EVERY or not isinstance(record.entry, MessageNew):
            super().on_record(record)
            return
        room = self._rooms.get(record.entry.conversation_id)
        if room is not None:
            room.last = record.entry.seq


class Leak(Hub):
    """Who is removed goes on hearing."""

    def _exit(self, connection: Connection, conversation_id: ConversationId, room: Any) -> None:
        pass


def writes_anyway(state: State, user_id: UserId) -> None:
    """Who was once in may write, as where a cached list of members is asked."""
    if state.kind == "direct" or not state.exists:
        require_writer(state, user_id)


def reads_anyway(state: State, user_id: UserId) -> Role:
    """Who knows the id may read."""
    return "member" if state.exists else require_member(state, user_id)


require_writer, require_member = messages.require_writer, messages.require_member


def with_log(wrap: Callable[[Log], Any]) -> None:
    opened = core.open_stores

    async def open_stores(*given: Any) -> Stores:
        stores = await opened(*given)
        return msgspec.structs.replace(stores, log=wrap(stores.log))

    core.open_stores = open_stores


def plant(fault: str) -> None:
    match fault:
        case "ack-before-commit":
            with_log(AckBeforeCommit)
        case "no-resume":
            with_log(NoResume)
        case "lost-push":
            gateway.Hub = LostPush
        case "leak":
            gateway.Hub = Leak
        case "removed-may-write":
            messages.require_writer = writes_anyway
        case "outsiders-may-read":
            messages.require_member = reads_anyway
        case _:
            raise SystemExit(f"no such fault: {fault}")


if __name__ == "__main__":
    plant(sys.argv.pop(1))
    app()
