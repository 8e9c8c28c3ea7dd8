"""Access tokens: short-lived proof of a session."""

from abc import ABC, abstractmethod

from parley.model.sessions import Identity


class Tokens(ABC):
    @abstractmethod
    def issue(self, identity: Identity, now_ms: int) -> tuple[str, int]:
        """A token for this session, and in how many seconds it expires."""

    @abstractmethod
    def verify(self, token: str, now_ms: int) -> tuple[Identity, int]:
        """Whose token this is, and when it expires (milliseconds since 1970).

        Raises:
            TokenExpired: It was good once.
            Unauthenticated: It was never good.
        """
