"""How late the event loop is: whatever keeps it from a timer keeps it from every socket too."""

import asyncio
from typing import Final

from parley.ports.measures import Histogram

EVERY_SECONDS: Final = 0.25
BOUNDS: Final = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)


class LoopLag:
    """Sets a timer again and again, and looks how late it comes."""

    def __init__(self) -> None:
        self.seconds = Histogram(BOUNDS)
        self._loop = asyncio.get_running_loop()
        self._due = 0.0
        self._next()

    def close(self) -> None:
        """Set no timer any more."""
        self._timer.cancel()

    def _next(self) -> None:
        self._due = self._loop.time() + EVERY_SECONDS
        self._timer = self._loop.call_at(self._due, self._come)

    def _come(self) -> None:
        self.seconds.observe(max(0.0, self._loop.time() - self._due))
        self._next()
