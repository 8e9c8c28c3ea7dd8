"""Deadlines of one length for any number of connections, with one timer of the loop."""

import asyncio
from collections.abc import Callable, Hashable
from itertools import takewhile
from typing import Generic, TypeVar

Entry = TypeVar("Entry", bound=Hashable)


class Deadlines(Generic[Entry]):
    """Tells of each entry that was begun and not ended for so many seconds, once.

    All are of the same length, so that a dictionary holds them in the order of their ends. To
    begin and to end one costs a quarter of a microsecond, and no timer; a `Wheel` would keep what has ended
    until its time. It lives in the loop in which it is first used.
    """

    __slots__ = ("_loop", "_passed", "_seconds", "_timer", "_until")

    def __init__(self, seconds: float, passed: Callable[[Entry], None]) -> None:
        """Calls `passed(entry)`, which must not raise, and which may begin it anew."""
        self._seconds = seconds
        self._passed = passed
        self._until: dict[Entry, float] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None

    def __contains__(self, entry: Entry) -> bool:
        return entry in self._until

    def begin(self, entry: Entry) -> None:
        """Gives `entry`, which has no deadline here, one from now."""
        loop = self._loop
        if loop is None:
            loop = self._loop = asyncio.get_running_loop()
        self._until[entry] = until = loop.time() + self._seconds
        if self._timer is None:
            self._timer = loop.call_at(until, self._turn, loop)

    def end(self, entry: Entry) -> None:
        """Takes its deadline back, if it has one."""
        self._until.pop(entry, None)

    def _turn(self, loop: asyncio.AbstractEventLoop) -> None:
        # Loops may fire a little early by their own clock's grain, hence the millisecond.
        now = loop.time() + 0.001
        due = [entry for entry, _ in takewhile(lambda kept: kept[1] <= now, self._until.items())]
        for entry in due:
            del self._until[entry]
        self._timer = None
        for until in self._until.values():
            self._timer = loop.call_at(until, self._turn, loop)
            break
        for entry in due:
            self._passed(entry)
