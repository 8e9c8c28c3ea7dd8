"""Time that tests move by hand."""

from parley.ports.clock import Clock

START_MS = 1_700_000_000_000


class ManualClock(Clock):
    """Stands still until it is moved."""

    def __init__(self, now_ms: int = START_MS) -> None:
        self._now_ms = now_ms
        self._start_ms = now_ms
        self._elapsed_ms = 0

    def now_ms(self) -> int:
        return self._now_ms

    def monotonic(self) -> float:
        return self._elapsed_ms / 1000

    def advance(self, *, seconds: float) -> None:
        """Let time pass."""
        self._now_ms += round(seconds * 1000)
        self._elapsed_ms += round(seconds * 1000)

    def jump(self, *, seconds: float) -> None:
        """Set the wall clock, forwards or back, without time passing."""
        self._now_ms += round(seconds * 1000)
