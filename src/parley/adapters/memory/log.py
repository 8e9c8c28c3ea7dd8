"""The log in memory: correct when kind, and merciless when told."""

import asyncio
import dataclasses
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from msgspec.structs import replace

from parley.adapters.memory.disk import CommandKey, Disk
from parley.adapters.memory.faults import Crashed, Fate, Faults
from parley.adapters.memory.reading import catch_up, page
from parley.model.conversations import State
from parley.model.entries import HAPPENINGS, Entry, MessageEdited, MessageNew
from parley.model.errors import Unavailable
from parley.model.ids import ConversationId, UserId
from parley.model.instants import Timestamp
from parley.model.messages import Aftermath, followed, target
from parley.ports.answers import Answer
from parley.ports.log import (
    Appended,
    Behind,
    CatchUp,
    Down,
    Duplicate,
    Log,
    Record,
    Stopped,
    StoreIdentity,
    Unknown,
)

T = TypeVar("T")


class MemoryLog(Log):
    """`disk` is what survives; `faults` says what goes wrong. Without faults it is kind.

    `shared` where others write the same disk.
    """

    def __init__(
        self, disk: Disk | None = None, faults: Faults | None = None, *, shared: bool = False
    ) -> None:
        self.shared = shared
        self.disk = disk if disk is not None else Disk()
        self.faults = faults or Faults()
        self.crashed = False
        self._unanswered: deque[tuple[Fate, Answer[Appended], Appended]] = deque()
        self._adrift: list[Sequence[Record]] = []

    def crash(self) -> None:
        """End here: what is written stays on the disk, what is unanswered stays so, what is adrift may still land."""
        self.crashed = True
        self._unanswered.clear()

    def land(self) -> int:
        """Let the records in that an `Unknown` left adrift, as far as they still fit; how many did."""
        adrift, self._adrift = self._adrift, []
        return sum(len(self._write(records)) for records in adrift)

    def append(
        self, conversation_id: ConversationId, after: int, records: Sequence[Record]
    ) -> Answer[Appended]:
        answer: Answer[Appended] = Answer()
        if self.crashed:
            return answer
        fate = self.faults.next_append()
        appended = self._suffer(fate, conversation_id, after, records)
        if appended is None:
            self.crash()
            return answer
        self._unanswered.append((fate, answer, appended))
        if len(self._unanswered) == 1:
            self._answer_later(fate)
        return answer

    async def identity(self) -> StoreIdentity:
        return await self.look(lambda: self.disk.identity)

    async def read(
        self, conversation_id: ConversationId, after: int, limit: int | None = None
    ) -> list[Record]:
        end = None if limit is None else after + limit
        return await self.look(lambda: self.disk.log(conversation_id)[after:end])

    async def messages(
        self, conversation_id: ConversationId, *, before: int | None, after: int | None, limit: int
    ) -> tuple[int, list[MessageNew]]:
        return await self.look(
            lambda: page(self.disk.log(conversation_id), before=before, after=after, limit=limit)
        )

    async def messages_at(
        self, conversation_id: ConversationId, seqs: Sequence[int]
    ) -> list[MessageNew]:
        def reading() -> list[MessageNew]:
            log = [record.entry for record in self.disk.log(conversation_id)]
            there = [entry for entry in log if isinstance(entry, MessageNew)]
            return [message for message in there if message.seq in seqs]

        return await self.look(reading)

    async def happenings(
        self, conversation_id: ConversationId, *, after: int, before: int | None, limit: int
    ) -> list[Entry]:
        def reading() -> list[Entry]:
            end = None if before is None else before - 1
            log = [record.entry for record in self.disk.log(conversation_id)[after:end]]
            return [entry for entry in log if isinstance(entry, HAPPENINGS)][:limit]

        return await self.look(reading)

    async def aftermaths(
        self, conversation_id: ConversationId, message_seqs: Sequence[int]
    ) -> tuple[int, Mapping[int, Aftermath]]:
        def reading() -> tuple[int, Mapping[int, Aftermath]]:
            aimed: dict[int, list[Entry]] = {seq: [] for seq in message_seqs}
            log = [record.entry for record in self.disk.log(conversation_id)]
            for entry in log:
                aimed.get(target(entry), []).append(entry)
            changed = {seq: followed(entries) for seq, entries in aimed.items() if entries}
            return len(log), {
                seq: _ended(log[seq - 1 : seq], aftermath) for seq, aftermath in changed.items()
            }

        return await self.look(reading)

    async def edits(
        self, conversation_id: ConversationId, message_seq: int, limit: int
    ) -> list[MessageEdited]:
        def reading() -> list[MessageEdited]:
            log = [record.entry for record in self.disk.log(conversation_id)]
            edits = [entry for entry in log if isinstance(entry, MessageEdited)]
            return [edit for edit in edits if edit.message_seq == message_seq][-limit:]

        return await self.look(reading)

    async def original(self, conversation_id: ConversationId, seq: int) -> str | None:
        return await self.look(lambda: self.disk.original(conversation_id, seq))

    async def find(
        self, conversation_id: ConversationId, actor_id: UserId, client_id: str
    ) -> Record | None:
        return await self.look(lambda: self.disk.find((conversation_id, actor_id, client_id)))

    async def load(self, conversation_id: ConversationId) -> State:
        return await self.look(lambda: _copied(self.disk.state(conversation_id)))

    async def erase(self, conversation_id: ConversationId, user_id: UserId, at: Timestamp) -> None:
        await self.look(lambda: self.disk.erase(conversation_id, user_id, at))

    async def catch_up(
        self, user_id: UserId, cursors: Mapping[ConversationId, int], limit: int, most_bytes: int
    ) -> CatchUp:
        return await self.look(
            lambda: catch_up(self.disk, user_id, cursors, limit=limit, most_bytes=most_bytes)
        )

    async def look(self, reading: Callable[[], T]) -> T:
        """One atomic reading, late or refused where that is its fate."""
        fate = self.faults.next_reading()
        if fate.seconds:
            await asyncio.sleep(fate.seconds)
        for _ in range(fate.before):
            await asyncio.sleep(0)
        if self.crashed:
            raise Crashed
        if fate.down:
            raise Unavailable
        seen = reading()
        if fate.seconds_after:
            await asyncio.sleep(fate.seconds_after)
        for _ in range(fate.after):
            await asyncio.sleep(0)
        return seen

    def _suffer(
        self, fate: Fate, conversation_id: ConversationId, after: int, records: Sequence[Record]
    ) -> Appended | None:
        """Do what was asked until the event, then the event; None for a crash."""
        spared = records if fate.event == "none" else records[: fate.written]
        positions = self._write(spared)
        if fate.event == "crash":
            return None
        if len(positions) == len(spared) and fate.event == "unknown":
            return self._silenced(fate, positions, records)
        if len(positions) == len(spared) < len(records):
            if fate.event == "down":
                return Appended(len(positions), positions, Down())
            self._overtake(fate, conversation_id, records[len(positions)])
            positions += self._write(records[len(positions) :])
        stopped = None
        if len(positions) < len(records):
            stopped = self._reason(conversation_id, after + len(positions), records[len(positions)])
        return Appended(len(positions), positions, stopped)

    def _silenced(
        self, fate: Fate, positions: Sequence[int], records: Sequence[Record]
    ) -> Appended:
        if fate.late:
            self._adrift.append(records[len(positions) :])
        admitted = positions[: fate.admitted]
        everything = len(admitted) == len(records)
        return Appended(len(admitted), admitted, None if everything else Unknown())

    def _overtake(self, fate: Fate, conversation_id: ConversationId, record: Record) -> None:
        if fate.event == "twin":
            self._write([record])
            return
        state = self.disk.state(conversation_id)
        entry = self.faults.rival(state)
        if entry is not None:
            self._write([Record(_stamped(entry, state))])

    def _write(self, records: Sequence[Record]) -> list[int]:
        """Put records in until one doesn't fit; the positions of those that did."""
        positions: list[int] = []
        for record in records:
            entry = record.entry
            free = entry.seq == self.disk.head(entry.conversation_id) + 1
            if not free or self.disk.find(_command(entry)) is not None:
                break
            positions.append(self.disk.write(record))
        return positions

    def _reason(self, conversation_id: ConversationId, head: int, refused: Record) -> Stopped:
        """Why `refused` did not get in after `head`: the log is asked first, the command then."""
        since = self.disk.log(conversation_id)[head:]
        if since:
            return Behind(since)
        twin = self.disk.find(_command(refused.entry))
        return Down() if twin is None else Duplicate(twin)

    def _answer_later(self, fate: Fate) -> None:
        """Answer the first in line once its time has passed."""
        ticks = max(fate.ticks, 1)
        if fate.seconds:
            asyncio.get_running_loop().call_later(fate.seconds, self._wait, ticks)
        else:
            self._wait(ticks)

    def _wait(self, ticks: int) -> None:
        """Let so many rounds of the event loop pass, then answer the first in line."""
        if self.crashed:
            return
        if ticks > 0:
            asyncio.get_running_loop().call_soon(self._wait, ticks - 1)
            return
        _, answer, appended = self._unanswered.popleft()
        if self._unanswered:
            self._answer_later(self._unanswered[0][0])
        answer.resolve(appended)


def _ended(there: Sequence[Entry], aftermath: Aftermath) -> Aftermath:
    """What became of a message, if it is there: it may have been emptied by an entry that is aimed at a person."""
    gone = any(isinstance(entry, MessageNew) and entry.deleted_at for entry in there)
    return Aftermath(deleted=True, changed_seq=aftermath.changed_seq) if gone else aftermath


def _command(entry: Entry) -> CommandKey:
    return entry.conversation_id, entry.actor_id, entry.client_id


def _stamped(entry: Entry, state: State) -> Entry:
    """A rival's entry, stamped as its own journal would have."""
    return replace(
        entry,
        conversation_id=state.conversation_id,
        seq=state.head + 1,
        at=max(state.at, entry.at),
        messages=state.messages + isinstance(entry, MessageNew),
    )


def _copied(state: State) -> State:
    return dataclasses.replace(state, members=dict(state.members), pins=dict(state.pins))
