"""Accounts: who may sign in, and what others see of them."""

import re
import unicodedata
from typing import Literal

from msgspec import Struct

from parley.model.entries import Json
from parley.model.errors import Invalid
from parley.model.ids import UserId, is_id
from parley.model.instants import Timestamp
from parley.model.texts import check_text

PASSWORD_CHARS = (8, 256)
MOST_EMAIL_CHARS = 254
"""RFC 5321, 4.5.3.1.3: a path of 256 octets, its angle brackets included."""
MOST_NAME_CHARS = 80

NAMELESS_CHARS = 6
"""So much of their id names a person who gave no name: their e-mail address is no one else's business."""

AccountRole = Literal["person", "admin"]
"""What an account may do beyond chatting; given by whoever runs the server alone, never at registration."""

_USERNAME = re.compile(r"[\w.-]{3,32}")
_EMAIL = re.compile(r"[^\s@\"(),:;<>\[\\\]]{1,64}@[^\s@\"(),:;<>\[\\\]_]+")


class Account(Struct, frozen=True, kw_only=True):
    """A person with a way to sign in; at least one of `username` and `email` is there. Never leaves the server.

    `email_verified`: they have shown that the address is theirs. `new_email` is the one that they want instead, until
    they have shown that of it. `avatar` is the address of a picture, `status` a line about what they are up to.
    """

    user_id: UserId
    username: str | None
    email: str | None
    display_name: str
    password_hash: str
    created_at: Timestamp
    email_verified: bool = False
    new_email: str | None = None
    bio: str | None = None
    avatar: str | None = None
    status: str | None = None
    data: Json | None = None
    role: AccountRole = "person"
    disabled_at: Timestamp | None = None
    """Since when nobody may sign in with it."""
    version: int = 1


class User(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What anyone signed in may see of a person. `avatar` is the address of a picture: a path is one of this server."""

    user_id: UserId
    username: str | None
    display_name: str
    created_at: Timestamp
    avatar: str
    bio: str | None = None
    status: str | None = None
    data: Json | None = None


class Me(User, frozen=True, kw_only=True, omit_defaults=True):
    """What a person sees of themselves."""

    email: str | None
    email_verified: bool
    new_email: str | None = None
    role: AccountRole


def new_account(
    user_id: UserId,
    *,
    username: str | None,
    email: str | None,
    display_name: str | None,
    created_at: Timestamp,
) -> Account:
    """An account that is as it must be, but for the password's hash, which is to follow.

    Raises:
        Invalid: A field is not, or both names are missing.
    """
    if username is None and email is None:
        raise Invalid("A username or an e-mail address is needed.", field="username")
    return Account(
        user_id=user_id,
        username=None if username is None else check_username(username),
        email=None if email is None else check_email(email),
        display_name=check_display_name(
            display_name or username or f"user-{user_id[:NAMELESS_CHARS]}"
        ),
        password_hash="",
        created_at=created_at,
    )


def folded(username: str) -> str:
    """The form in which usernames are unique: NFKC, then case-folded."""
    return unicodedata.normalize("NFKC", username).casefold()


def directory_key(account: Account) -> str:
    """What orders people in lists: the folded username, else the id. No username can look like an id."""
    return folded(account.username) if account.username is not None else account.user_id


def check_username(username: str) -> str:
    """`username` itself, which may then be taken.

    Raises:
        Invalid: It is not 3-32 letters, digits, `_`, `.` or `-` of any script, or looks like an id.
    """
    plain = unicodedata.normalize("NFKC", username)
    if not (_USERNAME.fullmatch(username) and _USERNAME.fullmatch(plain)) or is_id(folded(plain)):
        raise Invalid(
            "A username is 3 to 32 letters, digits, dots, hyphens or underscores.", field="username"
        )
    return username


def check_email(email: str) -> str:
    """`email` itself, which may then be taken. Only a message sent there can show that it is somebody's.

    Raises:
        Invalid: It can be nobody's address.
    """
    if len(email) > MOST_EMAIL_CHARS or not email.isprintable() or not _EMAIL.fullmatch(email):
        raise Invalid("This is not an e-mail address.", field="email")
    return email


def check_password(password: str) -> str:
    """`password` itself, which may then be set.

    Raises:
        Invalid: It has not 8-256 characters, or is not text.
    """
    least, most = PASSWORD_CHARS
    if not least <= len(password) <= most:
        raise Invalid(f"A password has {least} to {most} characters.", field="password")
    check_text(password, "password", most_chars=most)
    return password


def check_display_name(name: str) -> str:
    """`name` itself, which others may then see; raises as `check_text`."""
    check_text(name, "display_name", most_chars=MOST_NAME_CHARS)
    return name


def as_user(account: Account) -> User:
    return User(
        user_id=account.user_id,
        username=account.username,
        display_name=account.display_name,
        created_at=account.created_at,
        avatar=avatar(account),
        bio=account.bio,
        status=account.status,
        data=account.data,
    )


def avatar(account: Account) -> str:
    """Where the picture of a person is; of those who have set none, that of their initials."""
    return account.avatar or f"/v1/users/{account.user_id}/avatar"


def as_me(account: Account) -> Me:
    return Me(
        user_id=account.user_id,
        username=account.username,
        display_name=account.display_name,
        created_at=account.created_at,
        avatar=avatar(account),
        bio=account.bio,
        status=account.status,
        data=account.data,
        email=account.email,
        email_verified=account.email_verified,
        new_email=account.new_email,
        role=account.role,
    )
