"""Accounts: who may sign in, and what others see of them."""

import unicodedata

from msgspec import Struct

from parley.model.entries import Json
from parley.model.ids import SessionId, UserId
from parley.model.instants import Timestamp


class Account(Struct, frozen=True, kw_only=True):
    """A person with a way to sign in; at least one of `username` and `email` is there. Never leaves the server."""

    user_id: UserId
    username: str | None
    email: str | None
    display_name: str
    password_hash: str
    created_at: Timestamp
    data: Json | None = None
    version: int = 1


class User(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What anyone signed in may see of a person."""

    user_id: UserId
    username: str | None
    display_name: str
    created_at: Timestamp
    data: Json | None = None


class Me(User, frozen=True, kw_only=True, omit_defaults=True):
    """What a person sees of themselves."""

    email: str | None


class Session(Struct, frozen=True, kw_only=True):
    """A device signed in. Instants in milliseconds since 1970; the refresh tokens themselves are kept nowhere.

    `key` makes the next refresh token from the one shown; `current` and `previous` are the hashes of the two latest.
    """

    session_id: SessionId
    user_id: UserId
    device: str
    address: str
    created_ms: int
    used_ms: int
    expires_ms: int
    key: bytes
    current: bytes
    previous: bytes | None = None
    rotated_ms: int = 0
    revoked: bool = False


class Identity(Struct, frozen=True):
    """Who is asking, as an authenticated session says; never as a payload does."""

    user_id: UserId
    session_id: SessionId


def folded(username: str) -> str:
    """The form in which usernames are unique: NFKC, then case-folded."""
    return unicodedata.normalize("NFKC", username).casefold()


def as_user(account: Account) -> User:
    return User(
        user_id=account.user_id,
        username=account.username,
        display_name=account.display_name,
        created_at=account.created_at,
        data=account.data,
    )


def as_me(account: Account) -> Me:
    return Me(
        user_id=account.user_id,
        username=account.username,
        display_name=account.display_name,
        created_at=account.created_at,
        data=account.data,
        email=account.email,
    )
