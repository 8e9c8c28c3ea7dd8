"""A mapping laid over another: it is changed without touching the one below."""

from collections.abc import Iterator, Mapping, MutableMapping
from typing import Final, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class _Gone:
    """Marks a key as removed from what lies below."""


_GONE: Final = _Gone()


class Layered(MutableMapping[K, V]):
    """Reads through to `below`; writes stay here. Its order means nothing.

    The mapping below may meanwhile receive the very same changes, and nothing seen here differs.
    """

    __slots__ = ("_below", "_changes")

    def __init__(self, below: Mapping[K, V]) -> None:
        self._below = below
        self._changes: dict[K, V | _Gone] = {}

    def __getitem__(self, key: K) -> V:
        value = self._changes[key] if key in self._changes else self._below[key]
        if isinstance(value, _Gone):
            raise KeyError(key)
        return value

    def __setitem__(self, key: K, value: V) -> None:
        self._changes[key] = value

    def __delitem__(self, key: K) -> None:
        if key not in self:
            raise KeyError(key)
        self._changes[key] = _GONE

    def __iter__(self) -> Iterator[K]:
        yield from (key for key in self._below if key not in self._changes)
        yield from (key for key, value in self._changes.items() if not isinstance(value, _Gone))

    def __len__(self) -> int:
        length = len(self._below)
        for key, value in self._changes.items():
            length += (not isinstance(value, _Gone)) - (key in self._below)
        return length
