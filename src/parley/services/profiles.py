"""Profiles: what people say of themselves, by which names they sign in, and which address is theirs."""

from collections.abc import Awaitable, Callable

from msgspec import Struct
from msgspec.structs import replace

from parley.model.accounts import Account, Me, as_me, check_email
from parley.model.errors import EmailTaken, Invalid, NotFound, Unauthenticated, Unavailable
from parley.model.ids import UserId
from parley.model.profiles import ProfileChanges, changed, check_profile, placeholder, wanting
from parley.model.sessions import Identity
from parley.ports.accounts import AccountStore
from parley.ports.bus import Bus, MeChanged
from parley.ports.codes import CodeMail

ROUNDS = 3
"""Of a change that others, such as one's other devices, make at the same time."""

RequirePassword = Callable[[Identity, str], Awaitable[Account]]
"""The account of the person who asks, if this is its password; raises `WrongCredentials` else."""


class WantedEmail(Struct, frozen=True, kw_only=True):
    """Which e-mail address somebody wants to have, or none; `address` is that of their network."""

    email: str | None
    password: str | None
    address: str


class Profiles:
    """`prove` has a code mailed by which a person shows that an address is theirs."""

    def __init__(
        self,
        *,
        accounts: AccountStore,
        codes: CodeMail,
        require_password: RequirePassword,
        prove: Callable[[UserId, str], None],
        bus: Bus,
    ) -> None:
        self._accounts = accounts
        self._codes = codes
        self._require_password = require_password
        self._prove = prove
        self._bus = bus

    async def change(
        self, identity: Identity, changes: ProfileChanges, wanted: WantedEmail | None = None
    ) -> Me:
        """Set parts of one's profile anew, all or none; one's devices are told.

        Another e-mail address is one's own once the code that is mailed there was shown; until then the one before
        stays. None gives it up at once, and the present one takes back that another was wanted.

        Raises:
            Invalid: A field is not as it must be, the password is missing, or there would be no name to sign in by.
            TooLarge: A field is too long.
            UsernameTaken: Somebody else has this username, in any spelling that folds to it.
            WrongCredentials: The password is another.
            EmailTaken: Somebody else has the address.
            RateLimited: Too many wrong passwords, or too many mails from this network address or to this one.
            Unauthenticated: The account is gone.
            Unavailable: Others kept changing the account.
        """
        check_profile(changes)
        if wanted is None:
            return await self._update(identity, lambda account: changed(account, changes))
        await self._admit(identity, wanted)
        email = wanted.email
        me = await self._update(identity, lambda account: wanting(changed(account, changes), email))
        if email is None:
            await self._codes.forget(identity.user_id)
        elif me.new_email == email:
            self._prove(identity.user_id, email)
        return me

    async def avatar(self, user_id: UserId) -> str:
        """The picture, as SVG, that stands for a person who has set none.

        Raises:
            NotFound: There is no such person.
        """
        account = await self._accounts.get(user_id)
        if account is None:
            raise NotFound("There is no such person.")
        return placeholder(account.user_id, account.display_name)

    async def _admit(self, identity: Identity, wanted: WantedEmail) -> None:
        if wanted.password is None:
            raise Invalid("Changing the e-mail address needs the password.", field="password")
        if wanted.email is not None:
            check_email(wanted.email)
        account = await self._require_password(identity, wanted.password)
        if wanted.email is None or wanted.email == account.email:
            return
        holder = await self._accounts.by_login(wanted.email)
        if holder is not None and holder.user_id != identity.user_id:
            raise EmailTaken
        self._codes.allow(wanted.email, wanted.address)

    async def _update(self, identity: Identity, change: Callable[[Account], Account]) -> Me:
        for _ in range(ROUNDS):
            account = await self._accounts.get(identity.user_id)
            if account is None:
                raise Unauthenticated
            after = change(account)
            if after == account:
                return as_me(account)
            after = replace(after, version=account.version + 1)
            if await self._accounts.update(after):
                self._bus.signal(MeChanged(identity.user_id, as_me(after)))
                return as_me(after)
        raise Unavailable("This account is changing; try again.")
