"""E-mail addresses: showing that one is one's own, by a code that was mailed there."""

from msgspec.structs import replace

from parley.model.accounts import Account, as_me
from parley.model.errors import Conflict, InvalidCode, Unauthenticated, Unavailable
from parley.model.ids import UserId
from parley.model.mails import address_changed
from parley.model.sessions import Identity
from parley.ports.accounts import AccountStore
from parley.ports.background import Spawn
from parley.ports.bus import Bus, MeChanged
from parley.ports.codes import CodeMail
from parley.ports.mail import SendMail

ROUNDS = 3
"""An account may change otherwise meanwhile, such as its display name; not again and again."""


class Emails:
    def __init__(
        self, *, accounts: AccountStore, codes: CodeMail, send: SendMail, spawn: Spawn, bus: Bus
    ) -> None:
        self._bus = bus
        self._accounts = accounts
        self._codes = codes
        self._send = send
        self._spawn = spawn

    def prove(self, user_id: UserId, email: str) -> None:
        """Mail a code by which this person shows that the address is theirs; returns at once, and never fails."""
        self._spawn(self._codes.mail("email", user_id, email))

    async def ask(self, identity: Identity, address: str) -> None:
        """Mail the person who asks another code, to the address that they have or want; an earlier one is void.

        Raises:
            Conflict: There is no address of theirs to be verified.
            Unauthenticated: Their account is gone.
            RateLimited: Too many from this network address, or to this e-mail address.
        """
        account = await self._accounts.get(identity.user_id)
        if account is None:
            raise Unauthenticated
        email = _unproved(account)
        if email is None:
            raise Conflict("There is no address to be verified.")
        self._codes.allow(email, address)
        self.prove(account.user_id, email)

    async def verify(self, code: str, address: str) -> UserId:
        """Take an address as its person's by a code that was mailed there; whose it is.

        Raises:
            InvalidCode: The code was used, replaced, is too old, or never was one.
            EmailTaken: Somebody else has the address by now.
            RateLimited: Too many wrong codes from this network address.
            Unavailable: Others kept changing the account; the code is used up.
        """
        shown = await self._codes.take("email", code, address)
        for _ in range(ROUNDS):
            account = await self._accounts.get(shown.user_id)
            if account is None or _unproved(account) != shown.email:
                raise InvalidCode
            after = _proved(account, shown.email)
            if await self._accounts.update(after):
                self._bus.signal(MeChanged(account.user_id, as_me(after)))
                self._tell_former(account)
                return account.user_id
        raise Unavailable("This account is changing; ask for another code.")

    def _tell_former(self, account: Account) -> None:
        """The former address, where it was theirs, hears of the new one: it may not have been they who gave it."""
        if account.new_email is not None and account.email is not None and account.email_verified:
            self._send(address_changed(account.email))


def _unproved(account: Account) -> str | None:
    """The address that a person has or wants and hasn't shown to be theirs."""
    if account.new_email is not None:
        return account.new_email
    return None if account.email_verified else account.email


def _proved(account: Account, email: str) -> Account:
    return replace(
        account, email=email, email_verified=True, new_email=None, version=account.version + 1
    )
