"""Accounts in memory."""

from collections.abc import Collection, Sequence

from parley.model.accounts import Account, directory_key, folded
from parley.model.errors import EmailTaken, UsernameTaken
from parley.model.ids import UserId
from parley.ports.accounts import AccountStore


class MemoryAccounts(AccountStore):
    def __init__(self) -> None:
        self._accounts: dict[UserId, Account] = {}

    def drop(self, user_id: UserId) -> None:
        """Forget everything about this person."""
        self._accounts.pop(user_id, None)

    async def create(self, account: Account) -> None:
        self._refuse_taken(account)
        self._accounts[account.user_id] = account

    async def get(self, user_id: UserId) -> Account | None:
        return self._accounts.get(user_id)

    async def several(self, user_ids: Collection[UserId]) -> dict[UserId, Account]:
        return {one: self._accounts[one] for one in user_ids if one in self._accounts}

    async def by_login(self, login: str) -> Account | None:
        accounts = list(self._accounts.values())
        by_name = (found for found in accounts if _name(found) == folded(login))
        by_email = (found for found in accounts if _email(found) == login.lower())
        return next(by_name, None) or next(by_email, None)

    async def update(self, account: Account) -> bool:
        kept = self._accounts.get(account.user_id)
        if kept is None or kept.version != account.version - 1:
            return False
        self._refuse_taken(account)
        self._accounts[account.user_id] = account
        return True

    async def existing(self, user_ids: Sequence[UserId]) -> set[UserId]:
        return {user_id for user_id in user_ids if user_id in self._accounts}

    async def named(self, usernames: Sequence[str]) -> dict[str, UserId]:
        wanted = {folded(name) for name in usernames}
        return {
            name: account.user_id
            for account in self._accounts.values()
            if (name := _name(account)) is not None and name in wanted
        }

    async def page(self, query: str, after: str, limit: int) -> list[Account]:
        begin = folded(query)
        found = [
            account
            for account in self._accounts.values()
            if directory_key(account) > after
            and (
                (_name(account) or "").startswith(begin)
                or folded(account.display_name).startswith(begin)
            )
        ]
        return sorted(found, key=directory_key)[:limit]

    def _refuse_taken(self, account: Account) -> None:
        others = [other for other in self._accounts.values() if other.user_id != account.user_id]
        if account.username is not None and _name(account) in map(_name, others):
            raise UsernameTaken
        if account.email is not None and _email(account) in map(_email, others):
            raise EmailTaken


def _name(account: Account) -> str | None:
    return None if account.username is None else folded(account.username)


def _email(account: Account) -> str | None:
    return None if account.email is None else account.email.lower()
