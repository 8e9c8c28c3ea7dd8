"""What the journal counts of its own work."""

from parley.ports.measures import SECONDS, Histogram


class Tally:
    """Since the process began: entries and messages appended here, how long appends took, and what stopped some."""

    __slots__ = ("entries", "messages", "seconds", "stopped")

    def __init__(self) -> None:
        self.entries = 0
        self.messages = 0
        self.stopped: dict[str, int] = {}
        self.seconds = Histogram(SECONDS)
