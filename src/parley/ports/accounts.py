"""Where accounts and sessions are kept."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from parley.model.accounts import Account, Session
from parley.model.ids import SessionId, UserId


class AccountStore(ABC):
    """Accounts. Usernames are unique in their folded form, e-mail addresses in lower case."""

    @abstractmethod
    async def create(self, account: Account) -> None:
        """Keep a new account, whole or not at all.

        Raises:
            UsernameTaken: Another account has the username.
            EmailTaken: Another account has the e-mail address.
        """

    @abstractmethod
    async def get(self, user_id: UserId) -> Account | None:
        """The account of this person."""

    @abstractmethod
    async def by_login(self, login: str) -> Account | None:
        """The account whose username or e-mail address this is; the username first."""

    @abstractmethod
    async def update(self, account: Account) -> bool:
        """Replace the account if it is still at the version before this one's; False where it isn't.

        Raises:
            UsernameTaken: Another account has the username.
            EmailTaken: Another account has the e-mail address.
        """

    @abstractmethod
    async def existing(self, user_ids: Sequence[UserId]) -> set[UserId]:
        """Those of these people who have an account."""

    @abstractmethod
    async def page(self, query: str, after: str, limit: int) -> list[Account]:
        """Accounts whose username or display name begins with `query` (folded), in order of (folded username or id).

        Begins behind the account whose order key is `after`; empty for the first page.
        """


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
