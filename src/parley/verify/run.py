"""A run: people, devices, trouble; then quiet, and everything read without help."""

import asyncio
import itertools
import random
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Final, TypeVar

from msgspec import Struct

from parley.verify.device import Book, Device
from parley.verify.figures import Figures
from parley.verify.history import DeviceHistory, History, Reading
from parley.verify.members import at_the_end
from parley.verify.plan import Chooser, Place
from parley.verify.ports import Chat, Keep, NotNow, Person
from parley.verify.proxy import Proxy
from parley.verify.reading import LOOK_SECONDS, PATIENCE_SECONDS, Reader, patiently
from parley.verify.server import Server
from parley.verify.trouble import Trouble
from parley.verify.views import Views

QUIET_SECONDS: Final = 1.0


class Options(Struct, frozen=True, kw_only=True):
    """How much of everything. The `…_every` are mean seconds between troubles of that kind, 0 for none."""

    seed: int
    seconds: float = 60.0
    people: int = 8
    devices: int = 2
    conversations: int = 8
    per_second: float = 300.0
    kill_every: float = 4.0
    cut_every: float = 0.7
    leave_every: float = 1.5
    newcomer_every: float = 10.0
    settle: float = 180.0
    """Seconds for answers, and again for what is on its way, once the trouble is over; a sound server needs few."""


class Progress(Struct, frozen=True):
    """Where a run is: what it does, for how long of how many seconds."""

    phase: str
    seconds: float
    of_seconds: float
    figures: Figures


Tell = Callable[[Progress], None]
T = TypeVar("T")


def _each(ask: Callable[[str], Awaitable[T]], names: Iterator[str]) -> Callable[[], Awaitable[T]]:
    """With another name each time: the attempt before may have taken it."""
    return lambda: ask(next(names))


class Run:
    """One proof of one server. The server is started here, and stopped at the end."""

    def __init__(self, options: Options, chat: Chat, server: Server, tell: Tell) -> None:
        self._options = options
        self._chat = chat
        self._server = server
        self._tell = tell
        self.book = Book()
        self._over = asyncio.Event()
        self._people: list[Person] = []
        self._devices: list[Device] = []
        self._of_person: dict[str, list[Device]] = {}
        self._lives: list[asyncio.Task[None]] = []
        self._talks: list[asyncio.Task[None]] = []
        self._proxy = Proxy(server.host, server.port, self._dice("network"))
        self._url = ""

    async def history(self) -> History:
        """Do it all. What it leaves behind is for the checker.

        Raises:
            Failed: The server could not be started, or started again.
            NotNow: It did not let people in at the beginning, or can't be read in the end.
            Unfit: It is no such server.
        """
        proof = asyncio.create_task(self._proof())
        gone = asyncio.create_task(self._server.gone())
        try:
            await asyncio.wait((proof, gone), return_when=asyncio.FIRST_COMPLETED)
            if gone.done():
                raise gone.result()
            return proof.result()
        except asyncio.CancelledError:
            self._server.slay()  # whoever interrupts has no time for an orderly end
            raise
        finally:
            for task in (proof, gone):
                task.cancel()
            await asyncio.gather(proof, gone, return_exceptions=True)
            await self._end()

    async def _proof(self) -> History:
        self._phase("starting", 0, 1)
        await self._server.start()
        self._url = await self._proxy.start()
        await self._chat.open(self._server.url)
        await self._settle_in()
        await self._make_trouble()
        return await self._look_back()

    def _dice(self, name: str) -> random.Random:
        return random.Random(f"{self._options.seed} {name}")  # noqa: S311  # it is to be repeatable

    def _phase(self, name: str, seconds: float, of_seconds: float) -> None:
        self._tell(Progress(name, seconds, of_seconds, self.book.figures))

    # --- before -------------------------------------------------------------------------------------------------

    async def _settle_in(self) -> None:
        options = self._options
        run = f"{options.seed:x}{int(time.time() * 1000) & 0xFFFFFF:x}"  # names are new on a given server
        for number in range(options.people):
            self._phase("registering", number, options.people)
            names = (f"v{run}{'x' * attempt}-{number}" for attempt in itertools.count())
            patience = PATIENCE_SECONDS if number else self._server.patience_seconds
            self._people.append(await patiently(_each(self._chat.register, names), patience))
        for number in range(options.conversations):
            await self._establish(number, self._dice(f"conversation {number}"), run)
        for number in range(options.people * options.devices):
            self._arrive(self._people[number % options.people], number)
        until = time.monotonic() + PATIENCE_SECONDS
        while not all(device.settled for device in self._devices):
            self._phase("connecting", 0, 1)
            if time.monotonic() > until:
                raise NotNow("not all devices could connect")
            await asyncio.sleep(LOOK_SECONDS)

    async def _establish(self, number: int, dice: random.Random, run: str) -> None:
        self._phase("making conversations", number, self._options.conversations)
        kind = ("group", "room", "group", "direct")[number % 4]
        owner, *others = dice.sample(self._people, len(self._people))
        count = 1 if kind == "direct" else dice.randint(1, len(others))
        names = (f"{kind} {number} of {run}{'x' * attempt}" for attempt in itertools.count())

        def establish(name: str) -> Awaitable[str | None]:
            return self._chat.establish(kind, name, owner, others[:count])

        made = await patiently(_each(establish, names))
        if made is not None and all(made != place.conversation_id for place in self.book.places):
            self.book.places.append(Place(made, kind, owner.user_id))

    def _arrive(self, person: Person, number: int) -> Device:
        name = f"{person.name.rpartition('-')[2]}.{number}"
        dice = self._dice(f"device {name}")
        views = Views(person.user_id, whole=dice.choice((True, False)))
        keep = Keep(person, name, views, recover=dice.choice((True, False)))
        siblings = self._of_person.setdefault(person.user_id, [])
        chooser = Chooser(
            dice,
            name.replace(".", "-"),
            person.user_id,
            people=[one.user_id for one in self._people],
            places=self.book.places,
            kinds=self._chat.kinds,
            most_places=self._options.conversations * 3,
        )
        device = Device(
            keep,
            chat=self._chat,
            url=self._url,
            dice=dice,
            chooser=chooser,
            siblings=siblings,
            book=self.book,
        )
        siblings.append(device)
        self._devices.append(device)
        self._lives.append(asyncio.create_task(device.live()))
        return device

    # --- in between ---------------------------------------------------------------------------------------------

    async def _make_trouble(self) -> None:
        options = self._options
        each = options.per_second / len(self._devices)
        self._talks = [asyncio.create_task(one.talk(each, self._over)) for one in self._devices]
        trouble = Trouble(self._dice("trouble"), self.book.figures, self._over)
        newcomers = self._dice("newcomers")
        tasks = [
            asyncio.create_task(work)
            for work in (
                trouble.of_server(self._server, options.kill_every),
                trouble.of_network(self._proxy, options.cut_every),
                trouble.of_clients(self._devices, options.leave_every),
                trouble.newcomers(
                    lambda: self._newcomer(newcomers), options.newcomer_every, options.people
                ),
            )
        ]
        try:
            await self._watch(tasks)
        finally:
            self._over.set()
            done = await asyncio.gather(*tasks, return_exceptions=True)
        for result in done:
            if isinstance(result, BaseException):
                raise result

    async def _watch(self, tasks: Sequence[asyncio.Task[None]]) -> None:
        began = time.monotonic()
        while (seconds := time.monotonic() - began) < self._options.seconds:
            self._phase("trouble", seconds, self._options.seconds)
            if any(
                task.done() and task.exception() for task in (*tasks, *self._talks, *self._lives)
            ):
                return
            await asyncio.sleep(LOOK_SECONDS)

    def _newcomer(self, dice: random.Random) -> None:
        self._arrive(dice.choice(self._people), len(self._devices))

    # --- after --------------------------------------------------------------------------------------------------

    async def _look_back(self) -> History:
        self._proxy.heal()
        for device in self._devices:
            device.start()
        await self._all_answered()
        reader = Reader(self._chat, self._people, self._options.settle)
        readings = await reader.logs(self.book.places, self._phase)
        self.book.figures.entries = sum(len(one.log) for one in readings.values())
        await self._all_arrived(readings)
        strangers = reader.strangers(readings)
        return History(
            commands=self.book.told,
            devices=[self._told_by(device) for device in self._devices],
            readings=readings,
            marks=self.book.marks,
            standings=await reader.standings(),
            strangers=len(strangers),
            trespasses=[one for one in strangers if await reader.can_read(one)],
            incidents=self._server.incidents,
            numbered=self._chat.numbered,
        )

    async def _all_answered(self) -> None:
        """What is still open after this time is for the checker to say."""
        began = time.monotonic()
        pending = set(self._talks)
        while pending and (seconds := time.monotonic() - began) < self._options.settle:
            self._phase("waiting for answers", seconds, self._options.settle)
            done, pending = await asyncio.wait(pending, timeout=LOOK_SECONDS)
            for task in (*done, *(one for one in self._lives if one.done())):
                task.result()
        for task in pending:
            task.cancel()

    async def _all_arrived(self, readings: dict[str, Reading]) -> None:
        """Only what comes by itself: nobody is told to look again."""
        members = {where: at_the_end(one.log) for where, one in readings.items()}
        heads = {where: len(one.log) for where, one in readings.items()}
        began = quiet_since = time.monotonic()
        arrived = 0
        while (seconds := time.monotonic() - began) < self._options.settle:
            self._phase("waiting for what is on its way", seconds, self._options.settle)
            if self._chat.numbered and all(_has(one, heads, members) for one in self._devices):
                return
            before, arrived = arrived, sum(_arrived(one) for one in self._devices)
            if before != arrived:
                quiet_since = time.monotonic()
            if not self._chat.numbered and time.monotonic() - quiet_since > QUIET_SECONDS:
                return
            await asyncio.sleep(LOOK_SECONDS)

    def _told_by(self, device: Device) -> DeviceHistory:
        keep, figures = device.keep, self.book.figures
        figures.recovered += keep.recovered
        figures.synced += keep.synced
        figures.arrivals += _arrived(device)
        return DeviceHistory(
            name=keep.device,
            user_id=keep.person.user_id,
            views=keep.views.by_id,
            arrivals=keep.views.arrivals,
            faults=keep.views.faults,
        )

    async def _end(self) -> None:
        self._phase("stopping", 0, 1)
        tasks = [*self._talks, *self._lives]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._proxy.stop()
        await self._chat.close()
        await self._server.stop()


def _has(device: Device, heads: dict[str, int], members: dict[str, set[str]]) -> bool:
    if not device.settled:
        return False
    views, user_id = device.keep.views.by_id, device.keep.person.user_id
    for where, head in heads.items():
        view = views.get(where)
        inside = view is not None and not view.left
        if inside != (user_id in members[where]):
            return False
        if view is not None and inside and view.cursor < head:
            return False
    return True


def _arrived(device: Device) -> int:
    return sum(len(one.seqs) for one in device.keep.views.arrivals.values())
