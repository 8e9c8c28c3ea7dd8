"""Contacts: whom people keep on their lists, and asking to be on somebody's."""

from collections.abc import Callable
from typing import Final

from msgspec import Struct

from parley.journal.blocking import Blocking
from parley.model.accounts import Account, as_user, check_email
from parley.model.buckets import Buckets
from parley.model.contacts import (
    Contact,
    ContactChanges,
    ContactStatus,
    ListedContact,
    Pair,
    accepted,
    added,
    changed,
    check_changes,
    declined,
    removed,
)
from parley.model.errors import Blocked, Conflict, Forbidden, Invalid, NotFound, RateLimited
from parley.model.ids import UserId
from parley.model.instants import timestamp
from parley.model.pages import Page
from parley.ports.accounts import AccountStore
from parley.ports.bus import Bus, ContactChanged, ContactEvent
from parley.ports.clock import Clock
from parley.ports.contacts import ContactStore

TRIES: Final = 5
"""Of a change that others make at the same time."""


class Whom(Struct, frozen=True, kw_only=True):
    """Somebody, by exactly one of these."""

    user_id: UserId | None = None
    username: str | None = None
    email: str | None = None


class Rates(Struct, frozen=True, kw_only=True):
    """How often people may add others, and look somebody up by an e-mail address.

    The former a person, the latter a person and a network address each.
    """

    adding: Buckets
    by_email: Buckets


class Added(Struct, frozen=True):
    """A contact, and whether it was made or changed just now."""

    contact: ListedContact
    new: bool


class Contacts:
    """`by_request`: whoever is to be on a list is asked first. `by_email`: they can be found by their address.

    An address that is nobody's, one whose owner has blocked the asker, and one that is asked for too often are told
    apart by nothing but the last one's being said: the rate is what keeps people from trying out addresses.
    """

    def __init__(
        self,
        *,
        contacts: ContactStore,
        accounts: AccountStore,
        blocking: Blocking,
        bus: Bus,
        clock: Clock,
        rates: Rates,
        by_request: bool = False,
        by_email: bool = True,
        most: int = 5_000,
    ) -> None:
        self._contacts = contacts
        self._accounts = accounts
        self._blocking = blocking
        self._bus = bus
        self._clock = clock
        self._rates = rates
        self._by_request = by_request
        self._by_email = by_email
        self._most = most

    async def add(self, user_id: UserId, whom: Whom, address: str) -> Added:
        """Put somebody on one's list and tell them, or ask them first where contacts are by request.

        Whoever asked for it is thereby accepted. What is so already stays.

        Raises:
            Invalid: Not exactly one of the three is named, or it is oneself.
            NotFound: There is no such person; or, by e-mail, none who may be found.
            Forbidden: People are not found by e-mail here.
            Blocked: One of the two has blocked the other.
            Conflict: One's list, or the requests to the other, are as many as there may be.
            RateLimited: Too many at once.
        """
        other = await self._found(user_id, whom, address)
        other_id = other.user_id
        if (await self._blocking.between(user_id, other_id)).blocked:
            if whom.email is not None and user_id in await self._blocking.of(other_id):
                raise NotFound("There is no such person.")
            raise Blocked
        self._take(self._rates.adding, user_id)
        now = timestamp(self._clock.now_ms())
        mine = await self._accounts.get(user_id)
        before, after = await self._change(
            user_id,
            other_id,
            lambda pair: added(pair, user_id, other_id, now, by_request=self._by_request),
        )
        assert after.mine is not None  # noqa: S101  # adding leaves nobody without
        listed = _listed(after.mine, other)
        if after != before:
            self._tell_mine(user_id, other_id, listed)
            self._tell_other(user_id, other_id, before, after, mine)
        return Added(listed, after != before)

    async def page(
        self, user_id: UserId, status: ContactStatus, *, after: str = "", limit: int
    ) -> Page[ListedContact]:
        """One's contacts, or requests, in the order of the others' ids; `next` is the id to go on behind."""
        found = await self._contacts.page(user_id, status, after, limit + 1)
        page = found[:limit]
        accounts = await self._accounts.several([contact.user_id for contact in page])
        items = [
            _listed(contact, accounts[contact.user_id])
            for contact in page
            if contact.user_id in accounts
        ]
        return Page(items, page[-1].user_id if len(found) > limit else None)

    async def change(
        self, user_id: UserId, other_id: UserId, changes: ContactChanges
    ) -> ListedContact:
        """Keep a name, notes or data of one's own with somebody on one's list; only oneself sees them.

        Raises:
            Invalid, TooLarge: They can't be kept.
            NotFound: That person is not on the list.
        """
        check_changes(changes)
        other = await self._account(other_id)
        before, after = await self._change(user_id, other_id, lambda pair: changed(pair, changes))
        assert after.mine is not None  # noqa: S101  # `changed` refuses where there is none
        listed = _listed(after.mine, other)
        if after != before:
            self._tell_mine(user_id, other_id, listed)
        return listed

    async def remove(self, user_id: UserId, other_id: UserId) -> None:
        """Take somebody off one's list, take a request back, or decline theirs; what is not there is no error.

        Whether they have oneself on theirs is their own matter.
        """
        await self._part(user_id, other_id, removed)

    async def accept(self, user_id: UserId, other_id: UserId) -> ListedContact:
        """Say yes to somebody who asked: each is on the other's list.

        Raises:
            NotFound: They did not ask, or are gone.
            Blocked: One of the two has blocked the other.
            Conflict: One's list is as long as it may be.
        """
        if (await self._blocking.between(user_id, other_id)).blocked:
            raise Blocked
        other, mine = await self._account(other_id), await self._accounts.get(user_id)
        now = timestamp(self._clock.now_ms())
        before, after = await self._change(user_id, other_id, lambda pair: accepted(pair, now))
        assert after.mine is not None  # noqa: S101  # accepting leaves nobody without
        listed = _listed(after.mine, other)
        if after != before:
            self._tell_mine(user_id, other_id, listed)
            self._tell_other(user_id, other_id, before, after, mine)
        return listed

    async def decline(self, user_id: UserId, other_id: UserId) -> None:
        """Say no to somebody who asked; where nobody did that is no error."""
        await self._part(user_id, other_id, declined)

    # --- finding ----------------------------------------------------------------------------------------------------

    async def _found(self, user_id: UserId, whom: Whom, address: str) -> Account:
        given = [whom.user_id, whom.username, whom.email]
        if sum(one is not None for one in given) != 1:
            raise Invalid("Name one of user_id, username and email.")
        if whom.email is not None:
            account = await self._found_by_email(user_id, whom.email, address)
        elif whom.username is not None:
            account = await self._found_by_name(whom.username)
        else:
            account = await self._accounts.get(whom.user_id or user_id)
        if account is None:
            raise NotFound("There is no such person.")
        if account.user_id == user_id:
            raise Invalid("Nobody is on their own list.")
        return account

    async def _found_by_email(self, user_id: UserId, email: str, address: str) -> Account | None:
        if not self._by_email:
            raise Forbidden("People are not found by their e-mail address here.")
        check_email(email)
        # Found or not, each look-up counts, so that nobody reads other people's addresses out of the answers.
        self._take(self._rates.by_email, ("person", user_id))
        self._take(self._rates.by_email, ("address", address))
        account = await self._accounts.by_login(email)
        matches = account is not None and (account.email or "").lower() == email.lower()
        return account if matches else None

    async def _found_by_name(self, username: str) -> Account | None:
        found = await self._accounts.named([username])
        user_id = next(iter(found.values()), None)
        return None if user_id is None else await self._accounts.get(user_id)

    async def _account(self, user_id: UserId) -> Account:
        account = await self._accounts.get(user_id)
        if account is None:
            raise NotFound("There is no such person.")
        return account

    # --- changing ---------------------------------------------------------------------------------------------------

    async def _change(
        self, user_id: UserId, other_id: UserId, rule: Callable[[Pair], Pair]
    ) -> tuple[Pair, Pair]:
        """What the two had of each other, and have now.

        Whoever calls this tells of it at once, without asking for anything more: changes are told in their order.
        """
        for _ in range(TRIES):
            before = await self._contacts.pair(user_id, other_id)
            after = rule(before)
            if after == before:
                return before, after
            await self._require_room(user_id, before, after)
            await self._require_room(other_id, before.turned, after.turned)
            if await self._contacts.replace(user_id, other_id, before, after):
                return before, after
        raise Conflict

    async def _require_room(self, user_id: UserId, before: Pair, after: Pair) -> None:
        """Two at once may both find the last place free: the bound is on growth, not a count that anything rests on."""
        status = after.mine.status if after.mine is not None else None
        if status is None or (before.mine is not None and before.mine.status == status):
            return
        if await self._contacts.count(user_id, status) >= self._most:
            raise Conflict("There are as many contacts as there may be.", most=self._most)

    async def _part(self, user_id: UserId, other_id: UserId, rule: Callable[[Pair], Pair]) -> None:
        before, after = await self._change(user_id, other_id, rule)
        if before.mine != after.mine:
            self._tell(user_id, "contact.removed", other_id)
        if before.theirs != after.theirs:
            self._tell(other_id, "contact.removed", user_id)

    def _take(self, bucket: Buckets, key: object) -> None:
        wait = bucket.take(key, self._clock.monotonic())
        if wait:
            raise RateLimited(retry_after=wait)

    # --- telling ----------------------------------------------------------------------------------------------------

    def _tell_mine(self, user_id: UserId, other_id: UserId, listed: ListedContact) -> None:
        self._tell(user_id, "contact.changed", other_id, listed)

    def _tell_other(
        self, user_id: UserId, other_id: UserId, before: Pair, after: Pair, mine: Account | None
    ) -> None:
        if mine is None:
            return
        if after.theirs == before.theirs:
            self._tell(other_id, "contact.added", user_id)
        elif after.theirs is None:
            self._tell(other_id, "contact.removed", user_id)
            self._tell(other_id, "contact.added", user_id)
        else:
            asked = after.theirs.status == "incoming"
            event: ContactEvent = "contact.requested" if asked else "contact.accepted"
            self._tell(other_id, event, user_id, _listed(after.theirs, mine))

    def _tell(
        self,
        user_id: UserId,
        event: ContactEvent,
        other_id: UserId,
        contact: ListedContact | None = None,
    ) -> None:
        self._bus.signal(ContactChanged(user_id, event, other_id, contact))


def _listed(contact: Contact, account: Account) -> ListedContact:
    fields = {name: getattr(contact, name) for name in contact.__struct_fields__}
    return ListedContact(**fields, user=as_user(account))
