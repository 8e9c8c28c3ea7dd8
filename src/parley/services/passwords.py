"""Passwords: changing one's own, and getting a new one by mail."""

from msgspec.structs import replace

from parley.model.accounts import Account, check_email, check_password
from parley.model.buckets import Buckets
from parley.model.errors import (
    InvalidCode,
    RateLimited,
    Unauthenticated,
    Unavailable,
    WrongCredentials,
)
from parley.model.ids import SessionId
from parley.model.mails import password_changed
from parley.model.sessions import Identity
from parley.ports.accounts import AccountStore
from parley.ports.background import Spawn
from parley.ports.clock import Clock
from parley.ports.codes import CodeMail
from parley.ports.mail import SendMail
from parley.ports.passwords import Passwords as Hashing
from parley.ports.sessions import SessionKeeping

ROUNDS = 3
"""An account may change otherwise meanwhile, such as its display name; not again and again."""


class Passwords:
    """`tries` bounds guesses of a password by those who are signed in."""

    def __init__(
        self,
        *,
        accounts: AccountStore,
        sessions: SessionKeeping,
        hashing: Hashing,
        codes: CodeMail,
        send: SendMail,
        spawn: Spawn,
        clock: Clock,
        tries: Buckets,
    ) -> None:
        self._accounts = accounts
        self._sessions = sessions
        self._hashing = hashing
        self._codes = codes
        self._send = send
        self._spawn = spawn
        self._clock = clock
        self._tries = tries

    async def require(self, identity: Identity, password: str) -> Account:
        """The account of the person who asks, if this is its password.

        Raises:
            WrongCredentials: It is another.
            Unauthenticated: The account is gone.
            RateLimited: Too many wrong ones, or too many people at once.
        """
        wait_s = self._tries.take(identity.user_id, self._clock.monotonic())
        if wait_s:
            raise RateLimited("Too many attempts; wait a little.", retry_after=wait_s)
        account = await self._accounts.get(identity.user_id)
        if account is None:
            raise Unauthenticated
        fits, _ = await self._hashing.verify(password, account.password_hash)
        if not fits:
            raise WrongCredentials("The password is wrong.")
        self._tries.forget(identity.user_id)
        return account

    async def change(self, identity: Identity, current: str, new: str) -> None:
        """Set another password. The session that asks goes on, all others of the person end.

        Raises:
            Invalid: The new one is not acceptable.
            WrongCredentials: The current one is another.
            Unauthenticated: The account is gone.
            RateLimited: Too many wrong ones, or too many people at once.
            Unavailable: Others kept changing the account.
        """
        check_password(new)
        account = await self.require(identity, current)
        known = account.password_hash
        hashed = await self._hashing.hash(new)
        for _ in range(ROUNDS):
            if await self._set(account, hashed, but=identity.session_id):
                return
            now = await self._accounts.get(identity.user_id)
            if now is None:
                raise Unauthenticated
            if now.password_hash != known:
                raise WrongCredentials("The password was changed meanwhile.")
            account = now
        raise Unavailable("This account is changing; try again.")

    def forgot(self, email: str, address: str) -> None:
        """Mail a code for a new password to whoever has this e-mail address.

        Returns at once whether somebody has it or not: who that is, is found out behind the answer.

        Raises:
            Invalid: It can be nobody's address.
            RateLimited: Too many from this network address, or for this e-mail address.
        """
        self._codes.allow(check_email(email), address)
        self._spawn(self._mail(email))

    async def reset(self, code: str, new: str, address: str) -> None:
        """Set another password by a mailed code. All sessions of the person end; the address is surely theirs.

        Raises:
            Invalid: The password is not acceptable.
            InvalidCode: The code was used, replaced, is too old, or never was one.
            RateLimited: Too many wrong codes from this network address, or too many people at once.
            Unavailable: Others kept changing the account; the code is used up.
        """
        check_password(new)
        shown = await self._codes.take("password", code, address)
        hashed = await self._hashing.hash(new)
        for _ in range(ROUNDS):
            account = await self._accounts.get(shown.user_id)
            if account is None or account.email != shown.email:
                raise InvalidCode
            if await self._set(replace(account, email_verified=True), hashed):
                return
        raise Unavailable("This account is changing; ask for another code.")

    async def _set(self, account: Account, hashed: str, but: SessionId | None = None) -> bool:
        """Whether the account got this password; then what the old one opened is closed, and no code is open."""
        after = replace(account, password_hash=hashed, version=account.version + 1)
        if not await self._accounts.update(after):
            return False
        await self._sessions.end_all(account.user_id, but)
        await self._codes.forget(account.user_id)
        if account.email is not None and account.email_verified:
            self._send(password_changed(account.email))
        return True

    async def _mail(self, email: str) -> None:
        account = await self._accounts.by_login(email)
        if account is not None and account.email is not None:
            await self._codes.mail("password", account.user_id, account.email)
