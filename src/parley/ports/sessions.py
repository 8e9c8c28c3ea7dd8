"""Where sessions are kept."""

from abc import ABC, abstractmethod

from parley.model.ids import SessionId, UserId
from parley.model.sessions import Session


class SessionStore(ABC):
    """Sessions, from sign-in to sign-out or expiry."""

    @abstractmethod
    async def create(self, session: Session) -> None:
        """Keep a new session."""

    @abstractmethod
    async def get(self, session_id: SessionId) -> Session | None:
        """The session, revoked ones included until they are swept."""

    @abstractmethod
    async def replace(self, before: Session, after: Session) -> bool:
        """Replace the session if its `current` and `revoked` are still those of `before`; False where they aren't."""

    @abstractmethod
    async def revoke(self, session_id: SessionId) -> bool:
        """End a session; False where there is none or it had ended."""

    @abstractmethod
    async def of(self, user_id: UserId) -> list[Session]:
        """The sessions of a person that are not revoked, latest used first."""

    @abstractmethod
    async def sweep(self, before_ms: int) -> int:
        """Remove sessions that expired before this instant; how many went."""
