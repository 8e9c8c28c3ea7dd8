"""Users: what people see of themselves and of each other."""

from parley.model.accounts import (
    MOST_NAME_CHARS,
    Me,
    User,
    as_me,
    as_user,
    directory_key,
    folded,
)
from parley.model.errors import NotFound, Unauthenticated
from parley.model.ids import UserId
from parley.model.pages import Page
from parley.model.sessions import Identity
from parley.model.texts import check_text
from parley.ports.accounts import AccountStore


class Users:
    def __init__(self, accounts: AccountStore) -> None:
        self._accounts = accounts

    async def me(self, identity: Identity) -> Me:
        """What the person who asks sees of themselves.

        Raises:
            Unauthenticated: Their account is gone.
        """
        account = await self._accounts.get(identity.user_id)
        if account is None:
            raise Unauthenticated
        return as_me(account)

    async def get(self, user_id: UserId) -> User:
        """What anyone may see of this person.

        Raises:
            NotFound: There is no such person.
        """
        account = await self._accounts.get(user_id)
        if account is None:
            raise NotFound("There is no such person.")
        return as_user(account)

    async def directory(
        self, identity: Identity, *, query: str = "", after: str = "", limit: int
    ) -> Page[User]:
        """Everybody but the person who asks whose username or display name begins with `query`.

        In order of `directory_key`, from behind `after`; `next` is the key to go on behind.
        """
        check_text(query, "query", most_chars=MOST_NAME_CHARS, blank=True)
        # Two more than asked for: oneself may be among them, and whether more follow must show.
        found = await self._accounts.page(folded(query), after, limit + 2)
        others = [account for account in found if account.user_id != identity.user_id]
        page = others[:limit]
        more = len(others) > limit
        return Page(
            [as_user(account) for account in page], directory_key(page[-1]) if more else None
        )
