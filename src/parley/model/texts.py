"""What text and free data are acceptable: kept as sent, or refused."""

from typing import Any

import msgspec

from parley.model.entries import Json
from parley.model.errors import Invalid, TooLarge

DATA_BYTES = 4_096
DATA_DEPTH = 16
"""JSON encoders and parsers give up at depths of their own: what can be sent must be readable in every answer."""
NAME_CHARS = 200
TOPIC_CHARS = 1_000
AVATAR_CHARS = 200
"""Of a conversation."""


def check_text(
    text: str,
    field: str,
    *,
    most_chars: int,
    most_bytes: int | None = None,
    blank: bool = False,
) -> None:
    """Pass text that can be stored and shown as it is.

    Raises:
        Invalid: It holds NUL or half a surrogate pair, or is only white space where that is not allowed.
        TooLarge: It is longer than `most_chars` characters, or `most_bytes` in UTF-8.
    """
    if len(text) > most_chars:
        raise TooLarge(f"{field} has more than {most_chars} characters.", field=field)
    if "\0" in text:
        raise Invalid(f"{field} holds a NUL character.", field=field)
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise Invalid(f"{field} holds half a surrogate pair.", field=field) from None
    if most_bytes is not None and size > most_bytes:
        raise TooLarge(f"{field} has more than {most_bytes} bytes.", field=field)
    if not blank and not text.strip():
        raise Invalid(f"{field} is empty.", field=field)


def check_data(data: Json) -> None:
    """Pass free data of at most 4 KB.

    Raises:
        Invalid: It holds text that can't be stored, or is nested more than 16 deep.
        TooLarge: It is larger.
    """
    if _nested_deeper(data, DATA_DEPTH):
        raise Invalid(f"data is nested more than {DATA_DEPTH} deep.", field="data")
    try:
        size = len(msgspec.json.encode(data))
    except UnicodeEncodeError:
        raise Invalid("data holds half a surrogate pair.", field="data") from None
    if size > DATA_BYTES:
        raise TooLarge(f"data has more than {DATA_BYTES} bytes.", field="data")


def _nested_deeper(value: object, most: int) -> bool:
    """Whether arrays and objects stand in each other more than `most` deep; level by level, so no depth is too deep."""
    level: list[Any] = [value]
    for _ in range(most):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True
