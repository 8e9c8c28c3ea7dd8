"""Contacts: whom people keep on their lists, and who asks to be on one; pure rules over what two people have."""

from typing import Final, Literal

import msgspec
from msgspec import Struct, UnsetType

from parley.model.accounts import User
from parley.model.entries import Json
from parley.model.errors import NotFound
from parley.model.ids import UserId
from parley.model.instants import Timestamp
from parley.model.texts import check_data, check_text

ContactStatus = Literal["accepted", "outgoing", "incoming"]
"""On the list; asked by the list's owner; asking its owner."""

CONTACT_NAME_CHARS: Final = 80
NOTES_CHARS: Final = 2_000


class Contact(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody as one person's list has them, so since an instant; name, notes and data are the list's owner's own."""

    user_id: UserId
    status: ContactStatus
    since: Timestamp
    name: str | None = None
    notes: str | None = None
    data: Json | None = None


class ListedContact(Contact, frozen=True, kw_only=True, omit_defaults=True):
    """A contact, with what anyone may see of them."""

    user: User


class Pair(Struct, frozen=True):
    """What two people have of each other: `mine` is the other on the list of who looks, `theirs` the reverse."""

    mine: Contact | None = None
    theirs: Contact | None = None

    @property
    def turned(self) -> "Pair":
        """The same from the other's side."""
        return Pair(self.theirs, self.mine)


class ContactChanges(Struct, frozen=True, kw_only=True):
    """What is set anew of a contact; what is absent stays, null takes it away."""

    name: str | UnsetType | None = msgspec.UNSET
    notes: str | UnsetType | None = msgspec.UNSET
    data: Json | UnsetType | None = msgspec.UNSET


def check_changes(changes: ContactChanges) -> None:
    """Pass changes that can be kept.

    Raises:
        Invalid: A text is empty or can't be stored.
        TooLarge: A text, or the data, is too large.
    """
    if isinstance(changes.name, str):
        check_text(changes.name, "name", most_chars=CONTACT_NAME_CHARS)
    if isinstance(changes.notes, str):
        check_text(changes.notes, "notes", most_chars=NOTES_CHARS)
    if isinstance(changes.data, dict):
        check_data(changes.data)


def added(pair: Pair, one: UserId, other: UserId, now: Timestamp, *, by_request: bool) -> Pair:
    """After `one` adds `other`.

    Whoever is asked for anyway, or has the other on their list, need not be asked. Where contacts are open nobody
    need be.
    """
    if pair.mine is not None and pair.mine.status == "accepted":
        return pair
    if pair.mine is not None and pair.mine.status == "incoming":
        return accepted(pair, now)
    if not by_request or (pair.theirs is not None and pair.theirs.status == "accepted"):
        theirs = None if _pending(pair.theirs) else pair.theirs
        return Pair(_as(pair.mine, other, "accepted", now), theirs)
    if pair.mine is not None:
        return pair
    return Pair(_as(None, other, "outgoing", now), _as(None, one, "incoming", now))


def accepted(pair: Pair, now: Timestamp) -> Pair:
    """After who was asked says yes: each is on the other's list.

    Raises:
        NotFound: Nobody asked.
    """
    mine, theirs = pair.mine, pair.theirs
    if mine is None or theirs is None or mine.status == "outgoing":
        if mine is not None and mine.status == "accepted":
            return pair
        raise NotFound("There is no such request.")
    if mine.status == "accepted":
        return pair
    return Pair(
        _as(mine, mine.user_id, "accepted", now), _as(theirs, theirs.user_id, "accepted", now)
    )


def removed(pair: Pair) -> Pair:
    """After who looks takes the other off their list, takes a request back, or declines one."""
    if pair.mine is None:
        return pair
    return Pair(None, None if _pending(pair.theirs) else pair.theirs)


def declined(pair: Pair) -> Pair:
    """After who was asked says no; nothing changes where nobody asked."""
    asked = pair.mine is not None and pair.mine.status == "incoming"
    return removed(pair) if asked else pair


def withdrawn(pair: Pair) -> Pair:
    """Without any request between the two, as after a block."""
    mine = None if _pending(pair.mine) else pair.mine
    return Pair(mine, None if _pending(pair.theirs) else pair.theirs)


def changed(pair: Pair, changes: ContactChanges) -> Pair:
    """After who looks keeps something else of the other.

    Raises:
        NotFound: They have nothing of them.
    """
    if pair.mine is None:
        raise NotFound("There is no such contact.")
    given = {name: getattr(changes, name) for name in changes.__struct_fields__}
    new = {name: value for name, value in given.items() if value is not msgspec.UNSET}
    return Pair(msgspec.structs.replace(pair.mine, **new), pair.theirs)


def _pending(contact: Contact | None) -> bool:
    return contact is not None and contact.status != "accepted"


def _as(kept: Contact | None, user_id: UserId, status: ContactStatus, now: Timestamp) -> Contact:
    if kept is None:
        return Contact(user_id=user_id, status=status, since=now)
    return msgspec.structs.replace(kept, status=status, since=now)
