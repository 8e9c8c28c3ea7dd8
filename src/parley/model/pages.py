"""Pages of lists."""

from collections.abc import Sequence
from typing import Generic, TypeVar

from msgspec import Struct

T = TypeVar("T")


class Page(Struct, Generic[T], frozen=True, omit_defaults=True):
    """Some of a list, and where to go on; no `next` at its end."""

    items: Sequence[T]
    next: str | None = None
