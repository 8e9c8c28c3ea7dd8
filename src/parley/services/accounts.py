"""Accounts: making one, and signing in."""

from msgspec import Struct
from msgspec.structs import replace

from parley.model.accounts import (
    MOST_EMAIL_CHARS,
    Account,
    as_me,
    check_password,
    folded,
    new_account,
)
from parley.model.buckets import Buckets
from parley.model.errors import AccountDisabled, RateLimited, Unavailable, WrongCredentials
from parley.model.ids import RandomBytes, UserId, random_id
from parley.model.instants import timestamp
from parley.model.sessions import MOST_DEVICE_CHARS, Identity, SignedIn, opened, session_of
from parley.model.texts import check_text
from parley.ports.accounts import AccountStore
from parley.ports.clock import Clock
from parley.ports.passwords import Passwords
from parley.ports.sessions import SessionStore
from parley.ports.tokens import Tokens

ROUNDS = 3
"""So often a sign-in begins again because its account changed while it was under way."""


class Device(Struct, frozen=True):
    """Whence someone signs in: a name for the list of their sessions, and the address of their network."""

    name: str = ""
    address: str = ""


SOMEWHERE = Device()


class Accounts:
    """Registers people and signs them in.

    `session_lifetime_s` is how long a session lives without being refreshed. `tries` bounds attempts to sign in, a
    bucket for each pair of address and name.
    """

    def __init__(
        self,
        *,
        accounts: AccountStore,
        sessions: SessionStore,
        passwords: Passwords,
        tokens: Tokens,
        clock: Clock,
        random: RandomBytes,
        epoch: str,
        session_lifetime_s: int,
        tries: Buckets,
    ) -> None:
        self._accounts = accounts
        self._sessions = sessions
        self._passwords = passwords
        self._tokens = tokens
        self._clock = clock
        self._random = random
        self._epoch = epoch
        self._lifetime_ms = session_lifetime_s * 1000
        self._tries = tries

    async def register(
        self,
        *,
        password: str,
        username: str | None = None,
        email: str | None = None,
        display_name: str | None = None,
        device: Device = SOMEWHERE,
    ) -> SignedIn:
        """Make an account and sign it in.

        Raises:
            Invalid: A field is not as it must be, or both names are missing.
            UsernameTaken: Somebody has this username, in any spelling that folds to it.
            EmailTaken: Somebody has this e-mail address.
            RateLimited: Too many passwords wait to be hashed.
        """
        _check(device)
        check_password(password)
        account = new_account(
            UserId(random_id(self._random)),
            username=username,
            email=email,
            display_name=display_name,
            created_at=timestamp(self._clock.now_ms()),
        )
        account = replace(account, password_hash=await self._passwords.hash(password))
        await self._accounts.create(account)
        return await self._open(account, device)

    async def login(self, login: str, password: str, device: Device = SOMEWHERE) -> SignedIn:
        """Sign in by username or e-mail address.

        Takes as long for a name that nobody has as for a wrong password, and answers the same.

        Raises:
            WrongCredentials: Nobody has this name, or the password is another.
            AccountDisabled: The password is right, but nobody may sign in with this account.
            RateLimited: Too many attempts from this address with this name, or too many people at once.
            Unavailable: The account kept changing.
        """
        check_text(login, "login", most_chars=MOST_EMAIL_CHARS)
        _check(device)
        attempt = (device.address, folded(login))
        wait_s = self._tries.take(attempt, self._clock.monotonic())
        if wait_s:
            raise RateLimited("Too many attempts; wait a little.", retry_after=wait_s)
        for _ in range(ROUNDS):
            account = await self._verified(login, password)
            self._tries.forget(attempt)
            signed_in = await self._open(account, device)
            if await self._still_stands(account):
                return signed_in
            await self._sessions.revoke(session_of(signed_in.refresh_token))
        raise Unavailable("This account is changing; try again.")

    async def _verified(self, login: str, password: str) -> Account:
        """The account of this name, if the password is its own."""
        account = await self._accounts.by_login(login)
        fits, better = await self._passwords.verify(
            password, account.password_hash if account is not None else None
        )
        if account is None or not fits:
            raise WrongCredentials
        if account.disabled_at is not None:
            raise AccountDisabled
        if better is not None:
            upgraded = replace(account, password_hash=better, version=account.version + 1)
            # Where the account changed meanwhile, the next sign-in brings the better hash again.
            if await self._accounts.update(upgraded):
                return upgraded
        return account

    async def _still_stands(self, account: Account) -> bool:
        """Whether the password that was verified is still the one, and may be used.

        Whoever changes it, or disables the account, then ends its sessions: one that is opened at the same moment
        must not be missed, so it is looked at again after it was opened.
        """
        now = await self._accounts.get(account.user_id)
        if now is None or now.disabled_at is not None:
            return False
        return now.password_hash == account.password_hash

    async def _open(self, account: Account, device: Device) -> SignedIn:
        now_ms = self._clock.now_ms()
        session, refresh_token = opened(
            account.user_id,
            device=device.name,
            address=device.address,
            now_ms=now_ms,
            lifetime_ms=self._lifetime_ms,
            random=self._random,
        )
        await self._sessions.create(session)
        identity = Identity(account.user_id, session.session_id)
        access_token, expires_in = self._tokens.issue(identity, now_ms)
        return SignedIn(
            user=as_me(account),
            access_token=access_token,
            expires_in=expires_in,
            refresh_token=refresh_token,
            epoch=self._epoch,
        )


def _check(device: Device) -> None:
    check_text(device.name, "device", most_chars=MOST_DEVICE_CHARS, blank=True)
