"""Instants as clients see them: RFC 3339, UTC, exactly milliseconds, so that their order is the text's order."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NewType

Timestamp = NewType("Timestamp", str)

BEGINNING = Timestamp("1970-01-01T00:00:00.000Z")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=8)
def _second(seconds: int) -> str:
    return (_EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S")


def timestamp(milliseconds: int) -> Timestamp:
    """The instant so many milliseconds after 1970 began."""
    seconds, rest = divmod(milliseconds, 1000)
    return Timestamp(f"{_second(seconds)}.{rest:03d}Z")


def milliseconds(at: Timestamp) -> int:
    """The inverse of `timestamp`."""
    since = datetime.fromisoformat(at) - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000
