"""Profiles: what people say of themselves, and the picture that stands for them where they have none."""

import colorsys
import hashlib
import re
from html import escape
from typing import Final

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from parley.model.accounts import Account, check_display_name, check_username
from parley.model.entries import Json
from parley.model.errors import Invalid
from parley.model.ids import UserId
from parley.model.texts import check_data, check_text

BIO_CHARS: Final = 500
STATUS_CHARS: Final = 140
AVATAR_CHARS: Final = 500

_PICTURE: Final = re.compile(r"https?://[^\s\"'<>\\^`{|}]+")


class ProfileChanges(Struct, frozen=True, kw_only=True):
    """What is set anew of a profile; what is absent stays, and None takes away."""

    username: str | UnsetType = UNSET
    display_name: str | UnsetType = UNSET
    bio: str | UnsetType | None = UNSET
    avatar: str | UnsetType | None = UNSET
    status: str | UnsetType | None = UNSET
    data: Json | UnsetType | None = UNSET


def check_profile(changes: ProfileChanges) -> None:
    """Pass changes that may be made.

    Raises:
        Invalid: A field is not as it must be.
        TooLarge: A field is too long.
    """
    if isinstance(changes.username, str):
        check_username(changes.username)
    if isinstance(changes.display_name, str):
        check_display_name(changes.display_name)
    if isinstance(changes.bio, str):
        check_text(changes.bio, "bio", most_chars=BIO_CHARS)
    if isinstance(changes.status, str):
        check_text(changes.status, "status", most_chars=STATUS_CHARS)
    if isinstance(changes.avatar, str):
        check_text(changes.avatar, "avatar", most_chars=AVATAR_CHARS)
        if not _PICTURE.fullmatch(changes.avatar):
            raise Invalid("An avatar is the http(s) address of a picture.", field="avatar")
    if isinstance(changes.data, dict):
        check_data(changes.data)


def changed(account: Account, changes: ProfileChanges) -> Account:
    """The account with these changes, at the same version; equal where all is so already."""
    given = {name: getattr(changes, name) for name in changes.__struct_fields__}
    return replace(account, **{name: value for name, value in given.items() if value is not UNSET})


def wanting(account: Account, email: str | None) -> Account:
    """The account whose person wants this e-mail address, or none, at the same version.

    Raises:
        Invalid: There would be no name to sign in by.
    """
    if email is not None:
        return replace(account, new_email=None if email == account.email else email)
    if account.username is None:
        raise Invalid("A username or an e-mail address is needed.", field="email")
    return replace(account, email=None, email_verified=False, new_email=None)


def placeholder(user_id: UserId, display_name: str) -> str:
    """An SVG picture of a person's initials, always the same for the same person and name."""
    hue = int.from_bytes(hashlib.sha256(user_id.encode()).digest()[:2]) / 65_536
    # Dark enough that white on it has a contrast of at least 4.5 in every hue (WCAG 2.2, 1.4.3).
    red, green, blue = (round(part * 255) for part in colorsys.hls_to_rgb(hue, 0.3, 0.45))
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="128" height="128" viewBox="0 0 128 128">'
        f'<rect width="128" height="128" fill="#{red:02x}{green:02x}{blue:02x}"/>'
        '<text x="64" y="64" dy=".35em" text-anchor="middle" font-family="sans-serif" font-size="52" fill="#fff">'
        f"{escape(initials(display_name))}</text></svg>"
    )


def initials(display_name: str) -> str:
    """The first letter or digit of the first word, and of the last one where there are more; maybe none."""
    words = ["".join(filter(str.isalnum, word)) for word in display_name.split()]
    firsts = [word[0].upper() for word in words if word]
    return "".join(firsts[:1] + firsts[1:][-1:])
