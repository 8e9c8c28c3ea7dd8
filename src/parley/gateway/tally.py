"""What the door counts of the commands that come through it."""

from parley.model.errors import ChatError
from parley.ports.measures import SECONDS, Histogram


class Tally:
    """Since the process began: how long commands took to their answer, and refusals by code."""

    __slots__ = ("refusals", "seconds")

    def __init__(self) -> None:
        self.seconds = Histogram(SECONDS)
        self.refusals: dict[str, int] = {}

    def refused(self, error: ChatError) -> None:
        """A command was refused so."""
        self.refusals[error.code] = self.refusals.get(error.code, 0) + 1
