"""A timer wheel: one timer of the loop for any number of deadlines."""

from collections.abc import Callable
from heapq import heappop, heappush
from math import ceil
from typing import Protocol


class Timed(Protocol):
    """Something that waits for its time."""

    def on_time(self, now: float) -> None:
        """Is called once, at its time or up to one step of the wheel later; never raises."""


class TimerHandle(Protocol):
    """What a loop gives back for a timer."""

    def cancel(self) -> None:
        """Takes the timer back."""


class Wheel:
    """Calls entries at their time, in steps of `step` seconds.

    There is no taking back: an entry whose time has changed looks at its own deadline when it is
    called, and asks again. That costs a heartbeat two visits a period, and no search.
    """

    def __init__(
        self,
        time: Callable[[], float],
        call_at: Callable[[float, Callable[[], None]], TimerHandle],
        step: float,
    ) -> None:
        self._time = time
        self._call_at = call_at
        self._step = step
        self._slots: dict[int, list[Timed]] = {}
        self._order: list[int] = []
        self._timer: TimerHandle | None = None
        self._armed = 0

    def at(self, when: float, entry: Timed) -> None:
        """Has `entry` called at `when`, in the time of the clock that was handed in."""
        slot = ceil(when / self._step)
        if slot * self._step < when:
            # The quotient was rounded down: called that early, an entry would ask for the same
            # slot again, and again.
            slot += 1
        entries = self._slots.get(slot)
        if entries is not None:
            entries.append(entry)
            return
        self._slots[slot] = [entry]
        heappush(self._order, slot)
        if self._timer is None or slot < self._armed:
            self._arm()

    def stop(self) -> None:
        """Forgets everything that waits."""
        self._slots.clear()
        self._order.clear()
        self._disarm()

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arm(self) -> None:
        self._disarm()
        if self._order:
            self._armed = self._order[0]
            self._timer = self._call_at(self._armed * self._step, self._turn)

    def _turn(self) -> None:
        self._timer = None
        now = self._time()
        # Loops may fire a little early by their own clock's grain, hence the half step.
        reached = now / self._step + 0.5
        while self._order and self._order[0] <= reached:
            slot = heappop(self._order)
            now = max(now, slot * self._step)
            for entry in self._slots.pop(slot):
                entry.on_time(now)
        self._arm()
