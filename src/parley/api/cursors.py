"""Cursors of pages: opaque to clients, so that what orders a list may change."""

import base64
import binascii

from parley.model.errors import Invalid

_MOST_DIGITS = 18
"""What a store can count to, and converts in no time."""


def seal(key: str | int | None) -> str | None:
    """The cursor that goes on behind `key`; None at the end."""
    if key is None:
        return None
    return base64.urlsafe_b64encode(str(key).encode()).decode().rstrip("=")


def text(cursor: str | None) -> str:
    """The key in a cursor; empty where there is none.

    Raises:
        Invalid: No answer ever gave this cursor.
    """
    if cursor is None:
        return ""
    try:
        return base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise Invalid("This is no cursor of this list.", field="cursor") from None


def number(cursor: str | None) -> int | None:
    """The number in a cursor, as `text`; None where there is none."""
    key = text(cursor)
    if not key:
        return None
    if not (key.isascii() and key.isdigit() and len(key) <= _MOST_DIGITS):
        raise Invalid("This is no cursor of this list.", field="cursor")
    return int(key)
