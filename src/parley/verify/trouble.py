"""What goes wrong in a run, and when: by dice, so that a seed makes the same choices."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

from parley.verify.device import Device
from parley.verify.figures import Figures
from parley.verify.proxy import Proxy
from parley.verify.server import Server

AWAY_SECONDS = (0.0, 6.0)


class Trouble:
    """Breaks server, network and clients, each about every so many seconds; 0 for never."""

    def __init__(self, dice: random.Random, figures: Figures, over: asyncio.Event) -> None:
        self._dice = dice
        self._figures = figures
        self._over = over

    async def of_server(self, server: Server, every: float) -> None:
        """Kill it, stop it in order, or let it stand still."""
        async for _ in self._moments(every if server.faults else 0):
            name = self._dice.choice(server.faults)
            fault: Callable[[], Awaitable[None]] = getattr(server, name)
            await fault()
            self._figures.server[name] += 1

    async def of_network(self, proxy: Proxy, every: float) -> None:
        """Cut, reset, tear, stall."""
        async for _ in self._moments(every):
            self._figures.cuts += proxy.trouble()

    async def of_clients(self, devices: Sequence[Device], every: float) -> None:
        """Some go, and come back after a while."""
        async for _ in self._moments(every):
            device = self._dice.choice(devices)
            device.stop()
            self._figures.goings += 1
            back = self._dice.uniform(*AWAY_SECONDS)
            asyncio.get_running_loop().call_later(back, device.start)

    async def newcomers(self, arrive: Callable[[], None], every: float, most: int) -> None:
        """New devices of people who are there already."""
        count = 0
        async for _ in self._moments(every):
            if count == most:
                return
            count += 1
            self._figures.newcomers += 1
            arrive()

    async def _moments(self, every: float) -> AsyncIterator[None]:
        while every > 0 and not self._over.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._over.wait(), self._dice.expovariate(1 / every))
            if not self._over.is_set():
                yield None
