"""Housekeeping: what has to be done again and again, asked for by nobody."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from msgspec import Struct

from parley.model.errors import Unavailable
from parley.ports.background import Spawn
from parley.ports.timers import After, Timer

logger = logging.getLogger(__name__)


class Chore(Struct, frozen=True):
    """Work to be done at the start, and then this long after it was done."""

    name: str
    every_s: float
    work: Callable[[], Awaitable[None]]


class Housekeeping:
    """Each chore runs by itself, never twice at once. What fails is logged, and tried again when its time has come."""

    def __init__(self, *, chores: Sequence[Chore], after: After, spawn: Spawn) -> None:
        self._chores = chores
        self._after = after
        self._spawn = spawn
        self._timers: dict[str, Timer] = {}
        self._closed = False

    def start(self) -> None:
        """Begin, in the background."""
        for chore in self._chores:
            self._spawn(self._do(chore))

    def close(self) -> None:
        """Begin nothing any more."""
        self._closed = True
        for timer in self._timers.values():
            timer.cancel()

    async def _do(self, chore: Chore) -> None:
        try:
            await chore.work()
        except Unavailable:
            logger.warning("%s could not be done now", chore.name)
        except Exception:
            logger.exception("%s failed", chore.name)
        if not self._closed:
            again = partial(self._again, chore)
            self._timers[chore.name] = self._after(chore.every_s, again)

    def _again(self, chore: Chore) -> None:
        self._spawn(self._do(chore))
