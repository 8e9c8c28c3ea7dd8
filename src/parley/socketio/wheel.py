"""A timer wheel: one timer of the loop for any number of deadlines."""

from collections.abc import Callable
from heapq import heappop, heappush
from math import ceil
from typing import Generic, Protocol, TypeVar

Entry = TypeVar("Entry")


class TimerHandle(Protocol):
    """What a loop gives back for a timer."""

    def cancel(self) -> None:
        """Takes the timer back."""


class Wheel(Generic[Entry]):
    """Visits entries at their time or up to one step later, in steps of `step` seconds.

    There is no taking back: who is visited looks at its own deadline, and asks again if that has
    moved. That costs a heartbeat two visits a period, and no search. So an entry should be a
    name, not the thing itself, which would outlive its end in memory until it is visited.
    """

    def __init__(
        self,
        time: Callable[[], float],
        call_at: Callable[[float, Callable[[], None]], TimerHandle],
        step: float,
        visit: Callable[[Entry, float], None],
    ) -> None:
        """Calls `visit(entry, now)`, which must not raise."""
        self._visit = visit
        self._time = time
        self._call_at = call_at
        self._step = step
        self._slots: dict[int, list[Entry]] = {}
        self._order: list[int] = []
        self._timer: TimerHandle | None = None
        self._armed = 0

    def at(self, when: float, entry: Entry) -> None:
        """Has `entry` visited once at `when`, in the time of the clock that was handed in."""
        slot = ceil(when / self._step)
        if slot * self._step < when:
            # The quotient was rounded down: visited that early, an entry would ask for the same
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
                self._visit(entry, now)
        self._arm()
