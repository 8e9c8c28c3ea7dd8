"""What text and free data are acceptable: kept as sent, or refused."""

import msgspec

from parley.model.entries import Json
from parley.model.errors import Invalid, TooLarge

DATA_BYTES = 4_096
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
        Invalid: It holds text that can't be stored.
        TooLarge: It is larger.
    """
    try:
        size = len(msgspec.json.encode(data))
    except UnicodeEncodeError:
        raise Invalid("data holds half a surrogate pair.", field="data") from None
    if size > DATA_BYTES:
        raise TooLarge(f"data has more than {DATA_BYTES} bytes.", field="data")
