"""Times that are looked at from outside: with short ones first, with longer ones where the machine is busy."""

import functools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

from tests.conformance.servers import Pool, Server
from tests.conformance.wires import EndedError

SLOWER = (1, 4, 16)


@dataclass(frozen=True)
class Pace:
    """A server whose times are `scale` times as long as usual; all in seconds.

    It asks for a sign of life every `interval`, waits for `timeout`, and for `patience` for a first CONNECT. `late` is
    how much later than due something may be seen.
    """

    pool: Pool
    kind: str
    scale: int = 1

    @property
    def interval(self) -> float:
        return 0.3 * self.scale

    @property
    def timeout(self) -> float:
        return 0.2 * self.scale

    @property
    def patience(self) -> float:
        return 0.2 * self.scale

    @property
    def expiry(self) -> float:
        """From the beginning of a silent session to its end."""
        return self.interval + self.timeout

    @property
    def late(self) -> float:
        return 0.25 * self.scale

    @property
    def early(self) -> float:
        return 0.05 * self.scale

    @property
    def brisk(self) -> Server:
        return self.server(PING_INTERVAL=self.interval, PING_TIMEOUT=self.timeout)

    @property
    def impatient(self) -> Server:
        return self.server(CONNECT_TIMEOUT=self.patience)

    def server(self, **times: float) -> Server:
        """A server with these times, by the names of its options, and calm ones for the others."""
        calm = {"PING_INTERVAL": 25.0, "PING_TIMEOUT": 20.0, "CONNECT_TIMEOUT": 20.0}
        options = {name: f"{seconds * 1000:.0f}" for name, seconds in (calm | times).items()}
        return self.pool.get(self.kind, **options)


def unhurried(test: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    """Run a test that takes a `pace` again with longer times where it fails: what holds at one of them is so."""

    @functools.wraps(test)
    async def paced(*, pace: Pace, **fixtures: Any) -> None:
        *hurried, longest = SLOWER
        for scale in hurried:
            try:
                await test(pace=replace(pace, scale=scale), **fixtures)
            except (AssertionError, EndedError, TimeoutError, OSError):
                continue
            return
        await test(pace=replace(pace, scale=longest), **fixtures)

    return paced
