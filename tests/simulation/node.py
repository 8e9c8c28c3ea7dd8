"""One server process: the real journal, hub, bus, services and doors, wired as in production, over a disk in memory."""

import asyncio
from collections.abc import Sequence
from random import Random
from typing import Any

from parley.adapters.memory.accounts import MemoryAccounts
from parley.adapters.memory.acquaintances import MemoryAcquaintances
from parley.adapters.memory.blocks import MemoryBlocks
from parley.adapters.memory.bus import MemoryBus
from parley.adapters.memory.codes import MemoryCodes
from parley.adapters.memory.contacts import MemoryContacts
from parley.adapters.memory.conversations import MemoryConversations
from parley.adapters.memory.disk import Disk
from parley.adapters.memory.erasures import MemoryErasures
from parley.adapters.memory.faults import Faults
from parley.adapters.memory.log import MemoryLog
from parley.adapters.memory.mailer import MemoryMailer
from parley.adapters.memory.marks import MemoryMarks
from parley.adapters.memory.preferences import MemoryPreferences
from parley.adapters.memory.presence import MemoryPresence
from parley.adapters.memory.recovery import MemoryReplays
from parley.adapters.memory.rooms import MemoryRooms
from parley.adapters.memory.sessions import MemorySessions
from parley.adapters.security.tokens import JwtTokens
from parley.bootstrap.browsers import wire_browsers
from parley.bootstrap.core import Core, wire_journal
from parley.bootstrap.gateway import wire_gateway
from parley.bootstrap.people import wire_people
from parley.bootstrap.services import wire_services
from parley.journal.rollbacks import Rollbacks
from parley.model.conversations import State
from parley.model.ids import UserId
from parley.ports.background import Background
from parley.ports.clock import Clock
from parley.ports.log import Record
from parley.ports.passwords import Passwords
from parley.ports.recovery import Bounds, Placed, Replays
from parley.services.mails import Mails
from parley.settings import Settings
from parley.socketio.server import Server
from parley.stores import Stores
from tests.simulation.loop import Process, SimulatedLoop
from tests.simulation.network import Wire, open_wire

BEGINNING_MS = 1_700_000_000_000
SECRET = b"a secret of the tests, 32 bytes at least"


class LoopClock(Clock):
    """The loop's time. The wall clock may be set by hand, backwards too."""

    def __init__(self, loop: SimulatedLoop) -> None:
        self._loop = loop
        self.off_ms = 0

    def now_ms(self) -> int:
        return BEGINNING_MS + self.off_ms + round(self._loop.time() * 1000)

    def monotonic(self) -> float:
        return self._loop.time()


class OpenPasswords(Passwords):
    """Hashes nothing: signing in is not what is looked at here, and threads know no virtual time."""

    async def hash(self, password: str) -> str:
        return password

    async def verify(self, password: str, hashed: str | None) -> tuple[bool, str | None]:
        return password == hashed, None


class Premises:
    """What outlives a process: the disk, the accounts, the clock on the wall."""

    def __init__(self, loop: SimulatedLoop, seed: int) -> None:
        self.loop = loop
        self.disk = Disk()
        self.clock = LoopClock(loop)
        self.accounts = MemoryAccounts()
        self.sessions = MemorySessions()
        self.presence = MemoryPresence()
        self.preferences = MemoryPreferences()
        self.codes = MemoryCodes()
        self.contacts = MemoryContacts()
        self.blocks = MemoryBlocks()
        self.erasures = MemoryErasures(self.accounts.drop)
        self._random = Random(f"ids {seed}")

    def random(self, count: int) -> bytes:
        return self._random.randbytes(count)


class DiskReplays(Replays):
    """Recovery from the log itself, as the embedded store has it: positions outlive the process."""

    bus_epoch = "log"

    def __init__(self, log: MemoryLog) -> None:
        self._log = log
        self._tail = max((record.position for record in _records(log.disk)), default=0)

    @property
    def tail(self) -> int:
        return self._tail

    def heard(self, record: Record) -> int:
        self._tail = max(self._tail, record.position)
        return record.position

    async def missed(
        self, user_id: UserId, after: int, until: int, bounds: Bounds
    ) -> Sequence[Placed] | None:
        def reading() -> Sequence[Placed] | None:
            disk, found = self._log.disk, []
            for record in _records(disk):
                state = disk.state(record.entry.conversation_id)
                if after < record.position <= until and _concerns(state, user_id, record, disk):
                    found.append(Placed(record.position, record.entry))
            found.sort(key=lambda placed: placed.position)
            return found if len(found) <= bounds.entries else None

        return await self._log.look(reading)


def _records(disk: Disk) -> list[Record]:
    return [one for state in disk.states() for one in disk.log(state.conversation_id)]


def _concerns(state: State, user_id: UserId, record: Record, disk: Disk) -> bool:
    """Entries since the last joining of who is in; of who left, that alone. Nobody deletes a conversation here."""
    if user_id in state.members:
        return record.entry.seq >= state.members[user_id].joined_seq
    return record.entry.seq == disk.departure(state.conversation_id, user_id)


class Node:
    """Runs from its construction until `kill`, or until `stop` has returned."""

    def __init__(
        self, premises: Premises, faults: Faults, *, shared: bool, name: str, settings: Settings
    ) -> None:
        loop = premises.loop
        self._settings = settings
        self.process = Process(loop, name)
        self.log = MemoryLog(premises.disk, faults, shared=shared)
        self.background = Background()
        self._loop = loop
        self._wires: list[Wire] = []
        self.process.run(self._build, premises)

    def _build(self, premises: Premises) -> None:
        settings = self._settings
        core = Core(
            clock=premises.clock,
            bus=MemoryBus(),
            background=self.background,
            after=self._loop.call_later,
            hashing=OpenPasswords(),
            mails=Mails(
                mailer=MemoryMailer(), spawn=self.background.spawn, after=self._loop.call_later
            ),
            tokens=JwtTokens(SECRET, random=premises.random, lifetime_s=86_400),
            stores=self._stores(premises),
            rollbacks=Rollbacks(),
            random=premises.random,
            derived_key=lambda purpose: SECRET + purpose.encode(),
        )
        self.bus = core.bus
        people = wire_people(settings, core)
        journal = wire_journal(core, core.clock, settings.awake_conversations)
        self.services = wire_services(settings, core, people, journal)
        gateway = wire_gateway(settings, core, self.services, wire_browsers(settings))
        self.sockets: Server = gateway.sockets

    def _stores(self, premises: Premises) -> Stores:
        log = self.log
        nothing: Any = None
        return Stores(
            identity=premises.disk.identity,
            log=log,
            conversations=MemoryConversations(log),
            accounts=premises.accounts,
            sessions=premises.sessions,
            marks=MemoryMarks(log),
            presence=premises.presence,
            acquaintances=MemoryAcquaintances(log),
            rooms=MemoryRooms(log),
            codes=premises.codes,
            erasures=premises.erasures,
            contacts=premises.contacts,
            blocks=premises.blocks,
            preferences=premises.preferences,
            catalogue=nothing,
            integrity=nothing,
            replays=self._replays(premises),
            trouble=lambda: None,
        )

    def _replays(self, premises: Premises) -> Replays:
        views = MemoryConversations(self.log)
        if self.log.shared:
            return MemoryReplays(log=self.log, views=views, random=premises.random)
        return DiskReplays(self.log)

    @property
    def alive(self) -> bool:
        return self.process.alive

    def accept(self, random: Random) -> Wire:
        """A new connection to this process."""
        wire = open_wire(self._loop, self.process, self.sockets, random)
        self._wires.append(wire)
        return wire

    def kill(self) -> None:
        """As by `kill -9`: the disk keeps what was written, the kernel sends what was handed to it."""
        self.process.kill()
        self.log.crash()
        for wire in self._wires:
            wire.server_died()

    async def stop(self, seconds: float) -> None:
        """As by SIGTERM: in order, within a deadline; then the process is gone."""
        self.process.stopping = True
        stopping = self.process.spawn(
            self.sockets.shutdown(deadline=seconds / 2, spread=seconds / 4)
        )
        await asyncio.wait({stopping}, timeout=seconds)
        settled = self.process.spawn(self.background.settled())
        await asyncio.wait({settled}, timeout=seconds)
        self.kill()
