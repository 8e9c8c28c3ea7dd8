"""What was done in a run, counted while it goes on."""

from collections import Counter
from collections.abc import Sequence

from msgspec import Struct, field


class Figures(Struct, kw_only=True):
    """Counts, and how long answers took that came to a first attempt, in seconds."""

    messages: int = 0
    commands: int = 0
    retries: int = 0
    refused: int = 0
    asked_twice: int = 0
    connections: int = 0
    cuts: int = 0
    goings: int = 0
    newcomers: int = 0
    recovered: int = 0
    synced: int = 0
    entries: int = 0
    arrivals: int = 0
    server: Counter[str] = field(default_factory=Counter)
    latencies: list[float] = []

    def kills(self) -> int:
        """How often the server was ended, the hard way or asked to."""
        return sum(count for name, count in self.server.items() if name != "pause")


def percentile(values: Sequence[float], percent: float) -> float:
    """The value below which so many percent of these lie; 0 of none."""
    if not values:
        return 0.0
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]
