"""Where one-time codes are kept, and how they get to people and back."""

from abc import ABC, abstractmethod

from parley.model.codes import Code, Purpose
from parley.model.ids import UserId


class CodeStore(ABC):
    """At most one code a person and purpose."""

    @abstractmethod
    async def put(self, code: Code) -> None:
        """Keep a code, in place of the person's earlier one for this purpose."""

    @abstractmethod
    async def take(self, purpose: Purpose, digest: bytes) -> Code | None:
        """Remove the code and return it, expired ones too; of several who ask at once only one gets it."""

    @abstractmethod
    async def forget(self, user_id: UserId) -> None:
        """Remove a person's codes."""

    @abstractmethod
    async def sweep(self, before_ms: int) -> int:
        """Remove codes that expired before this instant; how many went."""


class CodeMail(ABC):
    """Mails codes and takes them back; the codes' service does."""

    @abstractmethod
    def allow(self, email: str, address: str) -> None:
        """Pass a request from this network address to have a code mailed to this e-mail address.

        Raises:
            RateLimited: Too many from the one or to the other.
        """

    @abstractmethod
    async def mail(self, purpose: Purpose, user_id: UserId, email: str) -> None:
        """Mail a person a code; their earlier one for this purpose is good no more."""

    @abstractmethod
    async def take(self, purpose: Purpose, text: str, address: str) -> Code:
        """The code that somebody shows from this network address; it is good no more.

        Raises:
            InvalidCode: It was used, replaced, is too old, or never was one.
            RateLimited: Too many wrong ones from this address.
        """

    @abstractmethod
    async def forget(self, user_id: UserId) -> None:
        """Make every code of a person good no more."""
