"""Where accounts are kept."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence

from parley.model.accounts import Account
from parley.model.ids import UserId


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
    async def several(self, user_ids: Collection[UserId]) -> dict[UserId, Account]:
        """The accounts of those of these people who have one."""

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
    async def named(self, usernames: Sequence[str]) -> dict[str, UserId]:
        """Who has these usernames, by their folded form."""

    @abstractmethod
    async def page(self, query: str, after: str, limit: int) -> list[Account]:
        """Accounts whose username or display name begins with `query` (folded), in order of `directory_key`.

        Begins behind the account whose key is `after`; empty for the first page.
        """
