"""The operator: what whoever runs the server may do to accounts."""

from collections.abc import Awaitable, Callable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from parley.model.accounts import (
    MOST_EMAIL_CHARS,
    MOST_NAME_CHARS,
    Account,
    AccountRole,
    check_password,
    directory_key,
    folded,
    new_account,
)
from parley.model.errors import NotFound, Unavailable
from parley.model.ids import RandomBytes, UserId, is_id, random_id
from parley.model.instants import timestamp
from parley.model.pages import Page
from parley.model.sessions import Session
from parley.model.texts import check_text
from parley.ports.accounts import AccountStore
from parley.ports.clock import Clock
from parley.ports.passwords import Passwords
from parley.ports.sessions import SessionStore

ROUNDS = 5
"""So often a change is tried against one that somebody else makes at the same time."""

MADE_PASSWORD_CHARS = 20
"""Of five random bits each."""

EndAll = Callable[[UserId], Awaitable[None]]
"""Ends all sessions of a person, with their sockets, on all nodes."""


class PasswordSet(Struct, frozen=True):
    """`made` is the password where it was made here: nobody can learn it later; `ended` counts sessions."""

    account: Account
    made: str | None
    ended: int = 0


class Operator:
    """Acts on anybody's account. Who the operator is was settled by whoever let them in."""

    def __init__(
        self,
        *,
        accounts: AccountStore,
        sessions: SessionStore,
        end_all: EndAll,
        passwords: Passwords,
        clock: Clock,
        random: RandomBytes,
    ) -> None:
        self._accounts = accounts
        self._sessions = sessions
        self._end_all = end_all
        self._passwords = passwords
        self._clock = clock
        self._random = random

    async def create(
        self,
        *,
        username: str | None,
        email: str | None,
        display_name: str | None,
        password: str | None,
        role: AccountRole,
    ) -> PasswordSet:
        """Make an account, which is signed in nowhere; without a password one is made.

        Raises:
            Invalid: A field is not as it must be, or both names are missing.
            UsernameTaken: Somebody has this username, in any spelling that folds to it.
            EmailTaken: Somebody has this e-mail address.
            RateLimited: Too many passwords wait to be hashed.
        """
        account = new_account(
            UserId(random_id(self._random)),
            username=username,
            email=email,
            display_name=display_name,
            created_at=timestamp(self._clock.now_ms()),
        )
        made, hashed = await self._password(password)
        account = replace(account, password_hash=hashed, role=role)
        await self._accounts.create(account)
        return PasswordSet(account, made)

    async def search(self, *, query: str, after: str, limit: int) -> Page[Account]:
        """Accounts whose username or display name begins with `query`, in order of `directory_key`.

        Raises:
            Invalid: `query` is no text.
        """
        check_text(query, "query", most_chars=MOST_NAME_CHARS, blank=True)
        found = await self._accounts.page(folded(query), after, limit + 1)
        page = found[:limit]
        return Page(page, directory_key(page[-1]) if len(found) > limit else None)

    async def show(self, who: str) -> tuple[Account, Sequence[Session]]:
        """Somebody's account, by username, e-mail address or id, and where they are signed in.

        Raises:
            NotFound: There is nobody of this name.
        """
        account = await self._find(who)
        return account, await self._sessions.of(account.user_id)

    async def reset_password(self, who: str, password: str | None) -> PasswordSet:
        """Set another password, and end all sessions; without one, one is made.

        Raises:
            NotFound: There is nobody of this name.
            Invalid: It can't be a password.
            RateLimited: Too many passwords wait to be hashed.
        """
        account = await self._find(who)
        made, hashed = await self._password(password)
        account = await self._changed(account, lambda one: replace(one, password_hash=hashed))
        return PasswordSet(account, made, await self._ended(account))

    async def revoke_sessions(self, who: str) -> tuple[Account, int]:
        """End all sessions of somebody, and close their sockets; how many there were.

        Raises:
            NotFound: There is nobody of this name.
        """
        account = await self._find(who)
        return account, await self._ended(account)

    async def set_role(self, who: str, role: AccountRole) -> Account:
        """Make somebody an admin, or an ordinary person again.

        Raises:
            NotFound: There is nobody of this name.
        """
        return await self._changed(await self._find(who), lambda one: replace(one, role=role))

    async def set_disabled(self, who: str, *, disabled: bool) -> tuple[Account, int]:
        """Let nobody sign in as this person any more and end their sessions, or let them again.

        Raises:
            NotFound: There is nobody of this name.
        """
        now = timestamp(self._clock.now_ms())
        account = await self._changed(
            await self._find(who),
            lambda one: replace(one, disabled_at=(one.disabled_at or now) if disabled else None),
        )
        return account, await self._ended(account) if disabled else 0

    async def _find(self, who: str) -> Account:
        check_text(who, "who", most_chars=MOST_EMAIL_CHARS)
        account = await self._accounts.by_login(who)
        if account is None and is_id(who):
            account = await self._accounts.get(UserId(who))
        if account is None:
            raise NotFound(f"Nobody here is called {who}.")
        return account

    async def _changed(self, account: Account, change: Callable[[Account], Account]) -> Account:
        """The account after a change, which is made against whatever else changes it meanwhile."""
        for _ in range(ROUNDS):
            changed = replace(change(account), version=account.version + 1)
            if await self._accounts.update(changed):
                return changed
            now = await self._accounts.get(account.user_id)
            if now is None:
                raise NotFound("This account is gone.")
            account = now
        raise Unavailable("This account is changing; try again.")

    async def _password(self, given: str | None) -> tuple[str | None, str]:
        """The password if it was made here, and the hash of the one to be set."""
        made = None if given is not None else random_id(self._random)[:MADE_PASSWORD_CHARS]
        return made, await self._passwords.hash(check_password(given or made or ""))

    async def _ended(self, account: Account) -> int:
        """End all sessions, after whatever keeps new ones from being opened; how many there were."""
        sessions = await self._sessions.of(account.user_id)
        await self._end_all(account.user_id)
        return len(sessions)
