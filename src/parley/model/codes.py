"""One-time codes, mailed to an address: whoever shows one has read the mail."""

import hashlib
from typing import Literal

from msgspec import Struct

from parley.model.errors import InvalidCode
from parley.model.ids import RandomBytes, UserId, is_id, random_id

Purpose = Literal["password", "email"]
"""What a code is good for: a new password; or to show that an address is one's own."""

LIFETIME_MS: dict[Purpose, int] = {"password": 3_600_000, "email": 7 * 86_400_000}


class Code(Struct, frozen=True, kw_only=True):
    """A code as it is kept, by its digest alone. `email` is where it was mailed to, `expires_ms` since 1970."""

    purpose: Purpose
    user_id: UserId
    email: str
    digest: bytes
    expires_ms: int


def made(
    purpose: Purpose, user_id: UserId, email: str, *, now_ms: int, random: RandomBytes
) -> tuple[Code, str]:
    """A new code to be kept, and its text to be mailed: 128 bits, which nobody can guess."""
    text = random_id(random)
    code = Code(
        purpose=purpose,
        user_id=user_id,
        email=email,
        digest=_digest(text),
        expires_ms=now_ms + LIFETIME_MS[purpose],
    )
    return code, text


def digest(text: str) -> bytes:
    """By what a code that somebody shows is found.

    Raises:
        InvalidCode: It has not the shape of one.
    """
    shown = text.strip().lower()
    if not is_id(shown):
        raise InvalidCode
    return _digest(shown)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
