"""Lives of a process that writes, one after another on one folder, each struck at another of its system calls.

`python -m tests.faults.lives FOLDER PLAN` (PLAN is JSON) under the faulty disk. Each life opens the store, asks again
for what got no answer in the one before, writes more, copies the write-ahead log and closes; each is struck at a later
one of its system calls. After each, another process opens the folder on a sound disk and compares it with what was
acknowledged. It ends when a life is over before it is struck. Where nothing is wrong it prints how many lives ended
with which exit code.
"""

import asyncio
import json
import os
import random
import select
import signal
import socket
import sqlite3
import sys
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from parley.adapters.memory.bus import MemoryBus
from parley.adapters.security.clock import SystemClock
from parley.adapters.sqlite import database as opening
from parley.adapters.sqlite.checkpoints import truncate
from parley.adapters.sqlite.database import Database
from parley.adapters.sqlite.log import SqliteLog
from parley.adapters.sqlite.schema import CannotOpen
from parley.journal.journal import Journal
from parley.model.conversations import State, fold
from parley.model.entries import (
    ConversationCreated,
    Entry,
    FirstMember,
    MessageEdited,
    MessageNew,
    ReactionAdded,
)
from parley.model.errors import Unavailable
from parley.model.ids import ConversationId, UserId
from parley.ports.background import Background
from tests.support.faulty_disk import Action, Call, FaultyDisk

ANN = UserId("ann")
WHERE = ("home", "work")
DONE, REFUSED, ENDED = 0, 3, 4
PATIENCE_SECONDS = 60

Command = tuple[str, str, str]
"""Its client_id, its conversation, and what it is: created, said, edited or reacted."""


@dataclass
class Memory:
    """What those who asked know: `acked` gives the seq of each client_id; the rest got no answer yet."""

    asked: dict[str, Command] = field(default_factory=dict)
    acked: dict[str, int] = field(default_factory=dict)

    def unanswered(self) -> list[Command]:
        return [self.asked[name] for name in self.asked if name not in self.acked]

    def hear(self, line: str) -> None:
        kind, *said = json.loads(line)
        if kind == "asked":
            self.asked[said[0]] = tuple(said)
        else:
            assert self.acked.setdefault(said[0], said[1]) == said[1]


@dataclass(frozen=True)
class Plan:
    """At which calls lives are struck, and how: the first at call `at`, each later one at `stride` more."""

    calls: Call
    action: Action
    error: int = 0
    at: int = 1
    stride: int = 1
    sticky: bool = True
    examined: bool = True
    synchronous: str = "FULL"
    trusting: bool = False
    """Whether a life believes what a sudden end left behind as it finds it: a planted mistake."""


class Life:
    """Asks, and tells what it asks before it asks, and what it is answered."""

    def __init__(self, database: Database, number: int, tell: socket.socket) -> None:
        self._database = database
        self._number = number
        self._tell = tell
        self._background = Background()
        self._journal = Journal(
            log=SqliteLog(database),
            bus=MemoryBus(),
            clock=SystemClock(),
            random=random.randbytes,
            spawn=self._background.spawn,
            identity=database.identity,
            patience_seconds=1,
        )

    async def go(self, unanswered: list[Command]) -> None:
        """Raises `Unavailable` at the first answer that says so; the next life asks that again."""
        for where in WHERE:
            await self._ask((f"created-{where}", where, "created"))
        for command in unanswered:
            await self._ask(command)
        await self._ask_all("a", "said", "said", "reacted")
        await self._ask_all("b", "edited")
        await self._database.write(truncate_soon(self._database))
        await self._ask_all("c", "said")
        await self._background.settled()

    async def _ask_all(self, kind: str, *whats: str) -> None:
        commands = [
            (f"{self._number}-{kind}-{n}-{where}", where, what)
            for n, what in enumerate(whats)
            for where in WHERE
        ]
        await asyncio.gather(*(self._ask(command) for command in commands))

    async def _ask(self, command: Command) -> None:
        self._say("asked", *command)
        client_id, where, what = command
        committed = await self._journal.commit(
            ConversationId(where),
            ANN,
            _judge(what, client_id),
            client_id=client_id,
            digest=self._journal.digest(command),
        )
        assert committed.entry is not None
        self._say("acked", client_id, committed.entry.seq)

    def _say(self, *what: object) -> None:
        self._tell.sendall(json.dumps(what).encode() + b"\n")


async def live(
    folder: Path, plan: Plan, number: int, unanswered: list[Command], tell: socket.socket
) -> None:
    if plan.trusting:
        opening.secure = lambda _wal: 0
    database = await Database.open(
        folder, fatal=lambda _error: os._exit(ENDED), synchronous=plan.synchronous
    )
    await Life(database, number, tell).go(unanswered)
    await database.close()


def truncate_soon(database: Database) -> Callable[[sqlite3.Connection], None]:
    """Have the write-ahead log emptied once this change is committed, as happens where it is long."""

    def change(_connection: sqlite3.Connection) -> None:
        work = database._work
        between = work.between

        def once() -> None:
            del work.between
            truncate(work.connection)
            between()

        work.between = once

    return change


def _judge(what: str, body: str) -> Callable[[State], Entry]:
    def judge(state: State) -> Entry:
        if what == "created":
            return ConversationCreated(
                actor_id=ANN, kind="group", members=(FirstMember(ANN, "owner"),)
            )
        if what == "edited":
            return MessageEdited(actor_id=ANN, message_seq=2, body=body)
        if what == "reacted":
            return ReactionAdded(actor_id=ANN, message_seq=2, emoji=body)
        return MessageNew(actor_id=ANN, body=body)

    return judge


async def examine(folder: Path, memory: Memory) -> None:
    """Open the folder and hold it to what was acknowledged."""
    found: list[str] = []
    database = await Database.open(folder, fatal=lambda _error: os._exit(ENDED))
    log = SqliteLog(database)
    for where in WHERE:
        records = await log.read(ConversationId(where), 0)
        entries = [record.entry for record in records]
        found += wrong(where, entries, memory)
        if await log.load(ConversationId(where)) != fold(ConversationId(where), entries):
            found.append(f"{where}: the views are not what the log says")
    rows = await database.read(lambda sql: sql.execute("PRAGMA integrity_check").fetchall())
    if rows != [("ok",)]:
        found.append(f"SQLite finds {rows}")
    await database.close()
    assert not found, found


def wrong(where: str, entries: list[Entry], memory: Memory) -> list[str]:
    """What of a log contradicts what was asked and answered."""
    found = []
    if [entry.seq for entry in entries] != list(range(1, len(entries) + 1)):
        found.append(f"{where}: numbered {[entry.seq for entry in entries]}")
    at: dict[str, int] = {}
    for entry in entries:
        if entry.client_id in at:
            found.append(f"{where}: {entry.client_id} is there twice")
        if entry.client_id not in memory.asked:
            found.append(f"{where}: nobody asked for {entry.client_id}")
        at[entry.client_id] = entry.seq
    for client_id, seq in memory.acked.items():
        if memory.asked[client_id][1] == where and at.get(client_id) != seq:
            found.append(f"{where}: {client_id} was acked at {seq} and is at {at.get(client_id)}")
    return found


def in_another_process(work: Callable[[socket.socket], None]) -> tuple[int, list[str]]:
    """Its exit code, negative where a signal ended it, and the lines that it told; it may take a minute."""
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        ours.close()
        try:
            work(theirs)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(DONE)
    theirs.close()
    told = _listen(ours, pid)
    ours.close()
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status), told.decode().splitlines()


def _listen(to_it: socket.socket, pid: int) -> bytes:
    told = b""
    while select.select([to_it], [], [], PATIENCE_SECONDS)[0]:
        news = to_it.recv(65536)
        if not news:
            return told
        told += news
    os.kill(pid, signal.SIGABRT)  # it hangs, which is a finding of its own
    return told


def strike_all(folder: Path, disk: FaultyDisk, plan: Plan) -> Counter[int]:
    """Live until a life is not struck any more; how many ended with which exit code."""
    memory, endings, at = Memory(), Counter[int](), plan.at
    for number in range(1, sys.maxsize):
        disk.arm(plan.calls, at, plan.action, error=plan.error, sticky=plan.sticky)
        code, told = in_another_process(partial(_live, folder, plan, number, memory.unanswered()))
        struck = disk.struck > 0
        disk.disarm()
        for line in told:
            memory.hear(line)
        endings[code] += 1
        assert code in _allowed(plan, struck), f"life {number}, struck at {at}, ended with {code}"
        if plan.examined:
            code, _ = in_another_process(lambda _tell: asyncio.run(examine(folder, memory)))
            assert code == DONE, f"after life {number}, struck at {at}"
        if not struck:
            assert memory.unanswered() == []
            return endings
        at += plan.stride
    raise AssertionError


def _allowed(plan: Plan, struck: bool) -> set[int]:
    """The exit codes that a life may have."""
    if not struck:
        return {DONE}
    return (
        {DONE, REFUSED, ENDED} if plan.action in (Action.FAIL, Action.SHORT) else {-signal.SIGKILL}
    )


def _live(
    folder: Path, plan: Plan, number: int, unanswered: list[Command], tell: socket.socket
) -> None:
    try:
        asyncio.run(live(folder, plan, number, unanswered, tell))
    except (CannotOpen, Unavailable):
        os._exit(REFUSED)


def main() -> None:
    folder, plan = sys.argv[1:]
    disk = FaultyDisk(Path(os.environ["FAULTY_DISK"]))
    print(json.dumps(strike_all(Path(folder), disk, Plan(**json.loads(plan)))))


if __name__ == "__main__":
    main()
