"""Where sessions are kept, and what those who sign people in and out need of them."""

from abc import ABC, abstractmethod

from parley.model.ids import SessionId, UserId
from parley.model.sessions import Device, Grant, Identity, Session


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
    async def revoke_all(self, user_id: UserId, but: SessionId | None = None) -> list[SessionId]:
        """End every session of a person, one excepted where it is named; those that were not ended before.

        A session that is created meanwhile may stay.
        """

    @abstractmethod
    async def remove_all(self, user_id: UserId) -> list[SessionId]:
        """Remove every session of a person, ended ones included; which they were."""

    @abstractmethod
    async def sweep(self, before_ms: int) -> int:
        """Remove sessions that expired before this instant; how many went."""


class SessionKeeping(ABC):
    """What signs people in and out, on all nodes at once; the sessions' service does."""

    @abstractmethod
    async def open(self, user_id: UserId, device: Device) -> tuple[Identity, Grant]:
        """Sign a device in. Past the most sessions of a person, the one longest unused ends.

        Raises:
            Invalid: The device's name is no text that can be kept.
        """

    @abstractmethod
    async def logout(self, identity: Identity) -> None:
        """End a session and close its sockets. Doing so twice is no error."""

    @abstractmethod
    async def end_all(self, user_id: UserId, but: SessionId | None = None) -> None:
        """End every session of a person and close their sockets, one excepted where it is named."""
