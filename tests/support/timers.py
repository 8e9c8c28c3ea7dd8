"""Timers that fire when tests let time pass."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from parley.ports.background import Background
from tests.support.clock import ManualClock


@dataclass(eq=False)
class ManualTimer:
    due: float
    fire: Callable[[], None]
    cancelled: bool = False

    def cancel(self) -> None:
        self.cancelled = True


@dataclass
class ManualTimers:
    """`after` stands for `loop.call_later`."""

    clock: ManualClock
    background: Background
    waiting: list[ManualTimer] = field(default_factory=list)

    def after(self, seconds: float, fire: Callable[[], None]) -> ManualTimer:
        timer = ManualTimer(self.clock.monotonic() + seconds, fire)
        self.waiting.append(timer)
        return timer

    async def pass_time(self, seconds: float) -> None:
        """Move the clock on, and at each timer's time fire it and see what it starts to its end."""
        end = self.clock.monotonic() + seconds
        while (timer := self._next(end)) is not None:
            self.clock.advance(seconds=max(0.0, timer.due - self.clock.monotonic()))
            timer.fire()
            await self.background.settled()
        self.clock.advance(seconds=end - self.clock.monotonic())
        await asyncio.sleep(0)

    def _next(self, end: float) -> ManualTimer | None:
        self.waiting = [timer for timer in self.waiting if not timer.cancelled]
        due = [timer for timer in self.waiting if timer.due <= end]
        if not due:
            return None
        timer = min(due, key=lambda one: one.due)
        self.waiting.remove(timer)
        return timer
