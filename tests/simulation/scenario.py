"""One run: a server, people with devices, and what goes wrong, all of it drawn from a seed."""

import asyncio
from dataclasses import dataclass, field
from random import Random

from parley.adapters.memory.faults import EVENTS, Event, Faults
from parley.journal.journal import LOOK_AGAIN_SECONDS
from parley.model.errors import ChatError
from parley.model.ids import ConversationId, UserId
from parley.model.sessions import Device as Doorway
from parley.model.sessions import Identity
from parley.ports.log import StoreIdentity
from parley.services.conversations import NewGroup
from parley.services.messages import Draft
from parley.services.rooms import NewRoom
from parley.settings import Settings
from tests.simulation.checks import Checks, TimedDisk, Violation
from tests.simulation.commands import KINDS, QUARREL, Command, Person
from tests.simulation.device import Device
from tests.simulation.loop import SimulatedLoop, Stuck
from tests.simulation.network import Wire
from tests.simulation.node import Node, Premises

EMBEDDED: tuple[Event, ...] = ("none", "down", "crash")
"""What befalls a store that is this process's own; whatever it can't tell ends the process."""
SHARED: tuple[Event, ...] = EVENTS
CALM_SECONDS = 30.0


@dataclass
class Outcome:
    """What came of a run. `trace` is the same for the same seed, to the letter."""

    seed: int
    violations: list[Violation]
    counts: dict[str, int]
    trace: list[str] = field(default_factory=list)


@dataclass
class Troubles:
    """Which kinds there are in this run."""

    kill: bool
    stop: bool
    pause: bool
    cut: bool
    clock: bool
    rate: float
    slow: float
    stall: bool


class Scenario:
    def __init__(self, seed: int, loop: SimulatedLoop) -> None:
        self.seed = seed
        self.loop = loop
        self.random = random = Random(f"scenario {seed}")
        self.shared = random.random() < 0.3
        self.seconds = random.choice((0.05, 0.15, 0.4, 1.0))
        self.haste = random.choice((0.1, 0.5, 0.9))
        self.kinds = random.choice((KINDS, KINDS, QUARREL))
        self.awake = random.choice((1, 2, 1_000))
        self.lands = random.random() < 0.5
        self.visits = random.random() < 0.3
        self.puts_back = random.random() < 0.15
        self.troubles = Troubles(
            kill=random.random() < 0.5,
            stop=random.random() < 0.2,
            pause=random.random() < 0.3,
            cut=random.random() < 0.6,
            clock=random.random() < 0.2,
            rate=random.choice((0.0, 0.05, 0.2, 0.5)),
            slow=random.choice((0.0, 0.0, 0.002, 0.02)),
            stall=random.random() < 0.2,
        )
        self.max_outbox = random.choice((600, 3_000, 2_000_000))
        if self.troubles.stall:
            self.troubles.stop = False  # whoever reads nothing for long is not waited for
        self.restless = random.random() < 0.15
        if self.restless:
            self._be_restless()
        self.premises = Premises(loop, seed)
        self.disk = self.premises.disk = TimedDisk(loop.time)
        self.checks = Checks(self.disk, loop.time)
        self.devices: list[Device] = []
        self.visitor: Device | None = None
        self.visit: asyncio.Task[None] | None = None
        self.people: list[Person] = []
        self.places: list[str] = []
        self.starts = 0
        self.chaos = False
        self.landed = 0
        self.stopping: asyncio.Task[None] | None = None
        self.node = self._start()
        self.old: list[Node] = []

    def _be_restless(self) -> None:
        """Devices lose their connections all the time and are back at once, while people come and go.

        What is rare enough elsewhere that it is looked for here: a reading ahead of the bus, of somebody who just left.
        """
        self.kinds, self.seconds, self.haste, self.visits = QUARREL, 0.6, 0.9, False
        self.troubles = Troubles(
            kill=False,
            stop=False,
            pause=False,
            cut=True,
            clock=False,
            rate=0.0,
            slow=0.02,
            stall=self.troubles.stall,
        )

    # --- the server -------------------------------------------------------------------------------------------------

    def _start(self) -> Node:
        self.starts += 1
        faults = Faults()
        if self.chaos:
            faults = self._faults()
        node = Node(
            self.premises,
            faults,
            shared=self.shared,
            name=f"node {self.starts}",
            settings=Settings(awake_conversations=self.awake, max_outbox_bytes=self.max_outbox),
        )
        node.process.on_step = self._on_step
        return node

    def _faults(self) -> Faults:
        events = SHARED if self.shared else EMBEDDED
        return Faults.seeded(
            self.random.randrange(1 << 30),
            events=events,
            rate=self.troubles.rate,
            slow=self.troubles.slow,
            late=0.0 if self.restless else self.troubles.slow,
        )

    def _on_step(self) -> None:
        """A store that crashed takes its process with it; any step may be the last one for a while, or at all."""
        if self.node.log.crashed or (
            self.chaos and self.troubles.kill and self.random.random() < 0.0008
        ):
            self._kill()
        elif self.chaos and self.troubles.pause and self.random.random() < 0.002:
            self._pause()

    def _kill(self) -> None:
        if self.node.alive:
            self.node.kill()
            self.old.append(self.node)
            self.loop.call_later(self.random.uniform(0.001, 0.2), self._restart)

    def _pause(self) -> None:
        process = self.node.process
        process.pause()
        self.loop.call_later(self.random.choice((0.002, 0.02, 0.6)), process.resume)

    def _restart(self) -> None:
        if not self.node.alive:
            self.node = self._start()

    async def _terminate(self) -> None:
        node = self.node
        await node.stop(seconds=4.0)  # ample, as of each answer it is asked whether it came
        self.old.append(node)
        self._restart()

    def _accept(self, random: Random) -> Wire | None:
        return self.node.accept(random) if self.node.alive else None

    @property
    def _commands(self) -> tuple[int, ...]:
        if self.restless:
            return (100,)
        return (40,) if self.troubles.stall else (2, 4, 8, 12)

    # --- a run ------------------------------------------------------------------------------------------------------

    async def run(self) -> Outcome:
        await self._set_the_stage()
        for device in [*self.devices, *([self.visitor] if self.visitor is not None else ())]:
            self.loop.call_later(self.random.uniform(0, 0.02), device.connect)
        living = [
            self.loop.create_task(
                person.live(self.random.choice(self._commands), self.seconds), name=person.user_id
            )
            for person in self.people
        ]
        await self._trouble()
        await self._calm(living)
        commands = [command for person in self.people for command in person.done]
        if not self.checks.violations:
            self._look(commands)
            await self._all_anew()
            self.checks.marks(commands, self.devices, "after coming back")
            if self.puts_back:
                await self._put_back()
        return self._outcome(commands)

    async def _set_the_stage(self) -> None:
        node, random = self.node, self.random
        everybody: list[UserId] = []
        for name in ("ada", "ben", "cleo"):
            work = node.services.accounts.register(username=name, password=f"password of {name}")
            person = await node.process.spawn(work)
            everybody.append(person.user.user_id)
            devices = [
                Device(
                    loop=self.loop,
                    name=f"{name}{number}",
                    user_id=person.user.user_id,
                    token=person.access_token,
                    connect=self._accept,
                    witness=self.checks,
                    random=Random(f"{name}{number} {self.seed}"),
                    recover=self.restless or random.random() < 0.5,
                )
                for number in range(random.choice((1, 1, 2)))
            ]
            for device in devices:
                device.exact = not self.shared
            self.devices += devices
            self.people.append(
                Person(
                    user_id=person.user.user_id,
                    devices=devices,
                    random=Random(f"{name} {self.seed}"),
                    now=self.loop.time,
                    others=everybody,
                    places=self.places,
                    haste=self.haste,
                    last_words=0.0 if self.restless else 0.5,
                    kinds=self.kinds,
                )
            )
        if self.visits:
            await self._invite(everybody[0])
        await self._furnish(everybody)

    async def _invite(self, user_id: UserId) -> None:
        """A device with a session of its own, which is ended while it listens."""
        sessions = self.node.services.sessions
        opening = sessions.open(user_id, Doorway("visitor"))
        identity, grant = await self.node.process.spawn(opening)
        self.visitor = Device(
            loop=self.loop,
            name="visitor",
            user_id=user_id,
            token=grant.access_token,
            connect=self._accept,
            witness=self.checks,
            random=Random(f"visitor {self.seed}"),
            recover=self.random.random() < 0.5,
        )
        self.visitor.exact = not self.shared
        when = self.random.uniform(0, 1.2 * self.seconds)
        self.visit = self.loop.create_task(self._end_visit(self.visitor, identity, when))

    async def _end_visit(self, visitor: Device, identity: Identity, after: float) -> None:
        await asyncio.sleep(after)
        visitor.may_end = True
        while visitor.ended_at is None:
            node = self.node
            if node.alive:
                ending = node.process.spawn(node.services.sessions.logout(identity))
                await asyncio.wait({ending}, timeout=0.5)
                if ending.done():
                    visitor.ended_at = self.loop.time()
            await asyncio.sleep(0.005)

    async def _furnish(self, everybody: list[UserId]) -> None:
        services, run = self.node.services, self.node.process.spawn
        ada = everybody[0]
        members = self.random.sample(everybody, self.random.randint(1, 3))
        group = await run(
            services.conversations.create_group(ada, NewGroup(name="group", members=members))
        )
        room = await run(services.rooms.create(ada, NewRoom(name="room")))
        for made in (group, room):
            where = made.entry.conversation_id
            self.places.append(where)
            await run(_said(services, ada, where))

    async def _trouble(self) -> None:
        self.chaos = True
        self.node.log.faults = self._faults()
        random, call_later = self.random, self.loop.call_later
        self._trouble_devices()
        if self.troubles.clock:
            call_later(random.uniform(0, self.seconds), self._set_clock)
        for _ in range(3 if self.shared else 0):
            call_later(random.uniform(0, self.seconds), self._land)
        if self.troubles.stop:
            await asyncio.sleep(random.uniform(0, self.seconds))
            if self.node.alive:
                self.stopping = self.loop.create_task(self._terminate())
        await asyncio.sleep(self.seconds)
        self.chaos = False

    def _trouble_devices(self) -> None:
        random, call_later = self.random, self.loop.call_later
        if self.troubles.cut:
            most_seconds = 0.02 if self.restless else 0.3
            for _ in range(60 if self.restless else random.choice((1, 4, 12))):
                device, back = random.choice(self.devices), random.uniform(0.001, most_seconds)
                call_later(random.uniform(0, self.seconds), device.cut, back)
        if self.troubles.stall:
            for _ in range(random.choice((4, 12, 30))):
                device, seconds = random.choice(self.devices), random.uniform(0.01, 0.5)
                call_later(random.uniform(0, self.seconds), device.stall, seconds)

    def _set_clock(self) -> None:
        self.premises.clock.off_ms -= self.random.choice((1, 500, 100_000))

    def _land(self) -> None:
        """What an append left adrift may land now, whoever left it."""
        for node in (*self.old, self.node) if self.lands else ():
            self.landed += node.log.land()

    async def _calm(self, living: list["asyncio.Task[None]"]) -> None:
        """Nothing goes wrong any more; everything must come to its end."""
        self._land()
        self.node.log.faults.spare()
        for _ in range(round(CALM_SECONDS / 0.05)):
            at_rest = all(task.done() for task in living)
            if self.checks.violations or (at_rest and all(one.synced for one in self.devices)):
                break
            await asyncio.sleep(0.05)
        for task in living:
            if task.done():
                task.result()
            task.cancel()
        if self.checks.violations:
            return
        for under_way in (self.stopping, self.visit):
            if under_way is not None:
                await under_way
        await self._hear_all()

    async def _hear_all(self) -> None:
        self._land()
        if self._all_told:
            await asyncio.sleep(LOOK_AGAIN_SECONDS + 1.0)
            self.checks.views(self.devices, "before anybody spoke")
        await self._speak_everywhere()
        await asyncio.sleep(1.5)

    @property
    def _all_told(self) -> bool:
        """Whether a node may know of all that is in the log: nothing landed late, and on a shared log nobody died."""
        return not self.landed and (self.starts == 1 or not self.shared)

    async def _speak_everywhere(self) -> None:
        """Whoever is connected must hear of what comes now; and only with it a node finds what landed late."""
        for state in list(self.disk.states()):
            if state.exists and state.members:
                speaker = next(iter(state.members))
                try:
                    await self._say(speaker, state.conversation_id)
                except ChatError as error:
                    where = state.conversation_id[:6]
                    self.checks.violate("6 only members", f"a member of {where} is told: {error}")

    async def _say(self, speaker: UserId, where: ConversationId) -> None:
        """On a node that lives: one whose store has just crashed makes no further step."""
        while True:
            node = self.node
            if node.alive:
                saying = node.process.spawn(_said(node.services, speaker, where))
                await asyncio.wait({saying}, timeout=1.0)
                if saying.done():
                    return saying.result()
            await asyncio.sleep(0.05)

    def _look(self, commands: list[Command]) -> None:
        self.checks.logs()
        self.checks.commands(commands)
        self.checks.drained(commands)
        for command, answer in (one for person in self.people for one in person.reused):
            self.checks.reused(command, answer)
        self.checks.views(self.devices, "connected")
        if self.visitor is not None:
            self.checks.ended(self.visitor)
        self.checks.marks(commands, self.devices, "connected")

    async def _all_anew(self) -> None:
        """Whoever comes back now, from wherever they stand, has everything."""
        for device in self.devices:
            device._pid = device._offset = None
            device.cut(0.001)
        await asyncio.sleep(2.0)
        self.checks.views(self.devices, "after coming back")

    async def _put_back(self) -> None:
        """An older state of the store is put in its place: everybody begins anew, and then has what is there."""
        self.node.kill()
        self.old.append(self.node)
        records = [
            one for state in self.disk.states() for one in self.disk.log(state.conversation_id)
        ]
        records.sort(key=lambda record: record.position)
        identity = StoreIdentity("put back", self.disk.identity.digest_key)
        self.disk = self.premises.disk = TimedDisk(self.loop.time, identity)
        for record in records[: self.random.randint(0, len(records))]:
            self.disk.write(record)
        self.checks.look_at(self.disk)
        for device in self.devices:
            device.may_be_reset = True
        self._restart()
        await asyncio.sleep(2.0)
        await self._speak_everywhere()
        await asyncio.sleep(1.5)
        self.checks.views(self.devices, "after an older state was put back")

    def _outcome(self, commands: list[Command]) -> Outcome:
        for failure in self.loop.failures:
            what = failure.get("exception") or failure["message"]
            self.checks.violate("liveness", f"an error nobody caught: {what!r}")
        entries = [r.entry for where in self.disk.times for r in self.disk.log(where)]
        counts = {
            "entries": len(entries),
            "commands": len(commands),
            "attempts": sum(len(command.attempts) for command in commands),
            "starts": self.starts,
            "pushes": self.checks.pushes,
            "recoveries": self.checks.recoveries,
        }
        trace = [f"{self.loop.time():.9f}"]
        trace += [f"{e.conversation_id} {e.seq} {e.type} {e.at} {e.client_id}" for e in entries]
        for command in commands:
            trace += [f"{command} {a.asked:.9f} {a.answered} {a.answer}" for a in command.attempts]
        return Outcome(self.seed, self.checks.violations, counts, trace)


async def _said(services: "object", user_id: UserId, where: ConversationId) -> None:
    await services.messages.send(user_id, where, Draft(body="hello"))  # type: ignore[attr-defined]


def simulate(seed: int) -> Outcome:
    """Run one seed to its end, and hold it against the promises."""
    loop = SimulatedLoop(seed)
    scenario: list[Scenario] = []

    async def run() -> Outcome:
        scenario.append(Scenario(seed, loop))
        return await scenario[0].run()

    try:
        outcome: Outcome = loop.run_to_end(run())
    except Stuck:
        checks = scenario[0].checks
        checks.violate("liveness", "nothing happens any more, though somebody waits")
        return Outcome(seed, checks.violations, {})
    return outcome
