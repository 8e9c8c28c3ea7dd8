"""Token buckets: so many at once, then so many a minute. Time is an argument."""

import math
from collections.abc import Hashable


class Buckets:
    """One bucket a key, the least recently used forgotten past `most_keys`: memory stays bounded under attack."""

    def __init__(self, *, burst: int, per_minute: float, most_keys: int = 50_000) -> None:
        self._burst = burst
        self._per_second = per_minute / 60
        self._most_keys = most_keys
        self._buckets: dict[Hashable, tuple[float, float]] = {}

    def take(self, key: Hashable, now: float) -> int:
        """Take one of `key`'s; 0 where there was one, else in how many seconds to come back.

        `now` is in seconds of a clock that never goes backwards.
        """
        left, at = self._buckets.pop(key, (float(self._burst), now))
        left = min(self._burst, left + (now - at) * self._per_second)
        wait = 0 if left >= 1 else math.ceil((1 - left) / self._per_second)
        self._buckets[key] = (left if wait else left - 1, now)
        if len(self._buckets) > self._most_keys:
            del self._buckets[next(iter(self._buckets))]
        return wait

    def give(self, key: Hashable) -> None:
        """Give one of `key`'s back."""
        if key in self._buckets:
            left, at = self._buckets[key]
            self._buckets[key] = (min(self._burst, left + 1), at)

    def forget(self, key: Hashable) -> None:
        """Fill `key`'s bucket up."""
        self._buckets.pop(key, None)
