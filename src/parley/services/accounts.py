"""Accounts: making one, and signing in."""

from collections.abc import Callable

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
from parley.model.errors import (
    AccountDisabled,
    RateLimited,
    RegistrationClosed,
    Unavailable,
    WrongCredentials,
)
from parley.model.ids import RandomBytes, UserId, random_id
from parley.model.instants import timestamp
from parley.model.sessions import MOST_DEVICE_CHARS, SOMEWHERE, Device, Grant, SignedIn
from parley.model.texts import check_text
from parley.model.tries import Tries, network
from parley.ports.accounts import AccountStore
from parley.ports.clock import Clock
from parley.ports.passwords import Passwords
from parley.ports.sessions import SessionKeeping

ROUNDS = 3
"""So often a sign-in begins again because its account changed while it was under way."""


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
        _check(device)
        check_password(password)
        account = new_account(
            UserId(random_id(self._random)),
            username=username,
            email=email,
            display_name=display_name,
            created_at=timestamp(self._clock.now_ms()),
        )
        self._count_registration(device)
        account = replace(account, password_hash=await self._passwords.hash(password))
        await self._accounts.create(account)
        _, grant = await self._sessions.open(account.user_id, device)
        if account.email is not None:
            self._prove(account.user_id, account.email)
        return self._signed_in(account, grant)

    async def login(self, login: str, password: str, device: Device = SOMEWHERE) -> SignedIn:
        """Sign in by username or e-mail address.

        Takes as long for a name that nobody has as for a wrong password, and answers the same.

        Raises:
            WrongCredentials: Nobody has this name, or the password is another.
            AccountDisabled: The password is right, but nobody may sign in with this account.
            RateLimited: Too many attempts from this address or with this name, or too many people at once.
            Unavailable: The account kept changing.
        """
        check_text(login, "login", most_chars=MOST_EMAIL_CHARS)
        _check(device)
        name = folded(login)
        wait_s = self._tries.take(device.address, name, self._clock.monotonic())
        if wait_s:
            raise RateLimited("Too many attempts; wait a little.", retry_after=wait_s)
        for _ in range(ROUNDS):
            account = await self._verified(login, password)
            self._tries.succeeded(device.address, name)
            identity, grant = await self._sessions.open(account.user_id, device)
            if await self._still_stands(account):
                return self._signed_in(account, grant)
            await self._sessions.logout(identity)
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

    def _count_registration(self, device: Device) -> None:
        if self._registrations is None:
            return
        wait_s = self._registrations.take(network(device.address), self._clock.monotonic())
        if wait_s:
            raise RateLimited("Too many accounts; wait a little.", retry_after=wait_s)

    def _signed_in(self, account: Account, grant: Grant) -> SignedIn:
        return SignedIn(
            user=as_me(account),
            access_token=grant.access_token,
            expires_in=grant.expires_in,
            refresh_token=grant.refresh_token,
            epoch=self._epoch,
        )


def _check(device: Device) -> None:
    check_text(device.name, "device", most_chars=MOST_DEVICE_CHARS, blank=True)
