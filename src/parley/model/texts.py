"""Text as people send it: kept as it came, after refusing what no store and no screen can bear."""

from parley.model.errors import Invalid, TooLarge


def check_text(
    text: str, field: str, most_chars: int, most_bytes: int | None = None, *, required: bool = True
) -> str:
    """`text` itself, which then encodes as UTF-8 and, where `required`, shows something.

    Args:
        text: What was sent.
        field: How the request names it, for the refusal.
        most_chars: The most code points allowed.
        most_bytes: The most bytes of UTF-8 allowed, where that is a tighter bound.
        required: Whether empty text and mere white space are refused.

    Raises:
        Invalid: It holds NUL or half a surrogate pair, or shows nothing though it must.
        TooLarge: It is longer than allowed.
    """
    if len(text) > most_chars:
        raise TooLarge(f"{field} is too long.", path=field, most_chars=most_chars)
    if "\0" in text:
        raise Invalid(f"{field} must not contain NUL.", path=field)
    if required and (not text or text.isspace()):
        raise Invalid(f"{field} must not be empty.", path=field)
    if text.isascii():
        size = len(text)
    else:
        try:
            size = len(text.encode())
        except UnicodeEncodeError:
            raise Invalid(f"{field} is not valid Unicode.", path=field) from None
    if most_bytes is not None and size > most_bytes:
        raise TooLarge(f"{field} is too long.", path=field, most_bytes=most_bytes)
    return text
