"""Accounts: making one, and signing in."""

from msgspec import Struct
from msgspec.structs import replace

from parley.model.accounts import (
    MOST_EMAIL_CHARS,
    Account,
    as_me,
    check_display_name,
    check_email,
    check_password,
    check_username,
    folded,
)
from parley.model.buckets import Buckets
from parley.model.errors import Invalid, RateLimited, WrongCredentials
from parley.model.ids import RandomBytes, UserId, random_id
from parley.model.instants import timestamp
from parley.model.sessions import MOST_DEVICE_CHARS, Identity, SignedIn, opened
from parley.model.texts import check_text
from parley.ports.accounts import AccountStore
from parley.ports.clock import Clock
from parley.ports.passwords import Passwords
from parley.ports.sessions import SessionStore
from parley.ports.tokens import Tokens

NAMELESS_CHARS = 6
"""So much of their id names a person who gave no name: their e-mail address is no one else's business."""


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
        if username is None and email is None:
            raise Invalid("A username or an e-mail address is needed.", field="username")
        _check(device)
        user_id = UserId(random_id(self._random))
        account = Account(
            user_id=user_id,
            username=username if username is None else check_username(username),
            email=email if email is None else check_email(email),
            display_name=check_display_name(display_name or username or _nameless(user_id)),
            password_hash=await self._passwords.hash(check_password(password)),
            created_at=timestamp(self._clock.now_ms()),
        )
        await self._accounts.create(account)
        return await self._open(account, device)

    async def login(self, login: str, password: str, device: Device = SOMEWHERE) -> SignedIn:
        """Sign in by username or e-mail address.

        Takes as long for a name that nobody has as for a wrong password, and answers the same.

        Raises:
            WrongCredentials: Nobody has this name, or the password is another.
            RateLimited: Too many attempts from this address with this name, or too many people at once.
        """
        check_text(login, "login", most_chars=MOST_EMAIL_CHARS)
        _check(device)
        attempt = (device.address, folded(login))
        wait_s = self._tries.take(attempt, self._clock.monotonic())
        if wait_s:
            raise RateLimited("Too many attempts; wait a little.", retry_after=wait_s)
        account = await self._accounts.by_login(login)
        fits, better = await self._passwords.verify(
            password, account.password_hash if account is not None else None
        )
        if account is None or not fits:
            raise WrongCredentials
        self._tries.forget(attempt)
        if better is not None:
            # Where the account changed meanwhile, the next sign-in brings the better hash again.
            await self._accounts.update(
                replace(account, password_hash=better, version=account.version + 1)
            )
        return await self._open(account, device)

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


def _nameless(user_id: UserId) -> str:
    return f"user-{user_id[:NAMELESS_CHARS]}"
