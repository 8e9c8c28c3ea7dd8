"""Time, passed in so that tests can move it by hand."""

from abc import ABC, abstractmethod


class Clock(ABC):
    @abstractmethod
    def now_ms(self) -> int:
        """Milliseconds since 1970 began, UTC. It may jump, backwards too."""

    @abstractmethod
    def monotonic(self) -> float:
        """Seconds since some instant; never backwards."""
