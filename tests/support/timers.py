"""Timers that tests let run out by hand."""

from collections.abc import Callable


class ManualTimers:
    """Counts down only when it is told that time has passed."""

    def __init__(self) -> None:
        self._waiting: list[tuple[float, Callable[[], None]]] = []

    def after(self, seconds: float, callback: Callable[[], None]) -> None:
        self._waiting.append((seconds, callback))

    def elapse(self, *, seconds: float) -> None:
        """Call back everything that was asked for and is due by then."""
        waiting, self._waiting = self._waiting, []
        for left, callback in waiting:
            if left > seconds:
                self._waiting.append((left - seconds, callback))
            else:
                callback()
