"""A clock that stands still until a test moves it."""

from parley.ports.clock import Clock


class ManualClock(Clock):
    def __init__(self, now_ms: int = 1_767_225_600_000) -> None:
        self._now_ms = now_ms
        self._monotonic = 0.0

    def now_ms(self) -> int:
        return self._now_ms

    def monotonic(self) -> float:
        return self._monotonic

    def pass_seconds(self, seconds: float) -> None:
        """Let so much time pass."""
        self._now_ms += round(seconds * 1000)
        self._monotonic += seconds

    def set_back_seconds(self, seconds: float) -> None:
        """Set the wall clock back, as an operator or a time server might; no time passes."""
        self._now_ms -= round(seconds * 1000)
