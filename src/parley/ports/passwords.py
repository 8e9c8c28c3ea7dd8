"""Password hashing."""

from abc import ABC, abstractmethod


class Passwords(ABC):
    """Slow on purpose, so never on the event loop."""

    @abstractmethod
    async def hash(self, password: str) -> str:
        """A salted hash of the password."""

    @abstractmethod
    async def verify(self, password: str, hashed: str | None) -> tuple[bool, str | None]:
        """Whether the password fits, and a better hash to keep where `hashed` is of an outdated kind.

        With None (nobody has this name) it takes as long as any other and says False.
        """
