"""Timers, passed in so that tests can fire them by hand."""

from collections.abc import Callable
from typing import Protocol


class Timer(Protocol):
    def cancel(self) -> object:
        """Take it back; it never fires after this."""


After = Callable[[float, Callable[[], None]], Timer]
"""Has a function called once in so many seconds, on the event loop: `loop.call_later`."""
