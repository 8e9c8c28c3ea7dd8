"""Accounts: making one, and signing in."""

from collections.abc import Callable

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
from parley.model.errors import Invalid, RateLimited, RegistrationClosed, WrongCredentials
from parley.model.ids import RandomBytes, UserId, random_id
from parley.model.instants import timestamp
from parley.model.sessions import (
    MOST_DEVICE_CHARS,
    SOMEWHERE,
    Device,
    Grant,
    SignedIn,
)
from parley.model.texts import check_text
from parley.model.tries import Tries, network
from parley.ports.accounts import AccountStore
from parley.ports.clock import Clock
from parley.ports.passwords import Passwords
from parley.ports.sessions import SessionKeeping

NAMELESS_CHARS = 6
"""So much of their id names a person who gave no name: their e-mail address is no one else's business."""


class Accounts:
    """Registers people and signs them in.

    `tries` bounds attempts to sign in, `registrations` those to register, by address; None for no bound. `prove` has
    a code mailed by which a person shows that an address is theirs. Where registration is not `open`, nobody makes
    an account here by themselves.
    """

    def __init__(
        self,
        *,
        accounts: AccountStore,
        sessions: SessionKeeping,
        passwords: Passwords,
        clock: Clock,
        random: RandomBytes,
        epoch: str,
        tries: Tries,
        registrations: Buckets | None,
        prove: Callable[[UserId, str], None],
        open_to_all: bool = True,
    ) -> None:
        self._accounts = accounts
        self._sessions = sessions
        self._passwords = passwords
        self._clock = clock
        self._random = random
        self._epoch = epoch
        self._tries = tries
        self._registrations = registrations
        self._prove = prove
        self._open_to_all = open_to_all

    async def register(
        self,
        *,
        password: str,
        username: str | None = None,
        email: str | None = None,
        display_name: str | None = None,
        device: Device = SOMEWHERE,
    ) -> SignedIn:
        """Make an account and sign it in. To an e-mail address goes a code that shows whose it is.

        Raises:
            RegistrationClosed: The operator makes the accounts here.
            Invalid: A field is not as it must be, or both names are missing.
            UsernameTaken: Somebody has this username, in any spelling that folds to it.
            EmailTaken: Somebody has this e-mail address.
            RateLimited: Too many from this address, or too many passwords wait to be hashed.
        """
        if not self._open_to_all:
            raise RegistrationClosed
        if username is None and email is None:
            raise Invalid("A username or an e-mail address is needed.", field="username")
        check_text(device.name, "device", most_chars=MOST_DEVICE_CHARS, blank=True)
        user_id = UserId(random_id(self._random))
        account = Account(
            user_id=user_id,
            username=username if username is None else check_username(username),
            email=email if email is None else check_email(email),
            display_name=check_display_name(display_name or username or _nameless(user_id)),
            password_hash=await self._first_hash(check_password(password), device),
            created_at=timestamp(self._clock.now_ms()),
        )
        await self._accounts.create(account)
        _, grant = await self._sessions.open(user_id, device)
        if account.email is not None:
            self._prove(user_id, account.email)
        return self._signed_in(account, grant)

    async def login(self, login: str, password: str, device: Device = SOMEWHERE) -> SignedIn:
        """Sign in by username or e-mail address.

        Takes as long for a name that nobody has as for a wrong password, and answers the same.

        Raises:
            WrongCredentials: Nobody has this name, or the password is another.
            RateLimited: Too many attempts from this address or with this name, or too many people at once.
        """
        check_text(login, "login", most_chars=MOST_EMAIL_CHARS)
        check_text(device.name, "device", most_chars=MOST_DEVICE_CHARS, blank=True)
        name = folded(login)
        wait_s = self._tries.take(device.address, name, self._clock.monotonic())
        if wait_s:
            raise RateLimited("Too many attempts; wait a little.", retry_after=wait_s)
        account = await self._accounts.by_login(login)
        fits, better = await self._passwords.verify(
            password, account.password_hash if account is not None else None
        )
        if account is None or not fits:
            raise WrongCredentials
        self._tries.succeeded(device.address, name)
        if better is not None:
            # Where the account changed meanwhile, the next sign-in brings the better hash again.
            await self._accounts.update(
                replace(account, password_hash=better, version=account.version + 1)
            )
        identity, grant = await self._sessions.open(account.user_id, device)
        # Whoever changed the password, or erased the account, ended the sessions that there were before this one.
        now = await self._accounts.get(account.user_id)
        if now is None or not await self._still_fits(password, now, account, better):
            await self._sessions.logout(identity)
            raise WrongCredentials
        return self._signed_in(now, grant)

    async def _still_fits(
        self, password: str, now: Account, before: Account, better: str | None
    ) -> bool:
        if now.password_hash in (before.password_hash, better):
            return True
        fits, _ = await self._passwords.verify(password, now.password_hash)
        return fits

    async def _first_hash(self, password: str, device: Device) -> str:
        if self._registrations is not None:
            asking, now = network(device.address), self._clock.monotonic()
            wait_s = self._registrations.take(asking, now)
            if wait_s:
                raise RateLimited("Too many accounts; wait a little.", retry_after=wait_s)
        return await self._passwords.hash(password)

    def _signed_in(self, account: Account, grant: Grant) -> SignedIn:
        return SignedIn(
            user=as_me(account),
            access_token=grant.access_token,
            expires_in=grant.expires_in,
            refresh_token=grant.refresh_token,
            epoch=self._epoch,
        )


def _nameless(user_id: UserId) -> str:
    return f"user-{user_id[:NAMELESS_CHARS]}"
