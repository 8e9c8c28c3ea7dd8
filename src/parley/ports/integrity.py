"""What a store knows of its own soundness, beneath what its other ports show."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from parley.model.inspection import Fault


class Integrity(ABC):
    """Reads only."""

    @abstractmethod
    async def faults(self) -> Sequence[Fault]:
        """What is wrong with files, indexes and tables. It may take long; meanwhile the store goes on.

        Raises:
            Unavailable: The store can't be read.
        """
