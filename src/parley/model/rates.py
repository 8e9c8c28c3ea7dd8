"""Rates: how much anybody may ask in how much time, said once for every door."""

from collections.abc import Callable, Hashable
from typing import Final

from parley.model.buckets import Buckets
from parley.model.errors import RateLimited

BURST_SECONDS: Final = 10
"""What may come at once is what comes in so many seconds: clients that return after a while have much to say."""

Rate = Callable[[Hashable], None]
"""Passes one more of a key's, or raises `RateLimited`, whose details say in how many seconds to come back."""


def rate(per_second: float, now: Callable[[], float]) -> Rate:
    """At most `per_second` of each key, on a clock of seconds that never goes backwards; 0 lets everything pass."""
    if not per_second:
        return unlimited
    buckets = Buckets(burst=max(1, round(per_second * BURST_SECONDS)), per_minute=per_second * 60)

    def take(key: Hashable) -> None:
        wait = buckets.take(key, now())
        if wait:
            raise RateLimited(retry_after=wait)

    return take


def unlimited(_key: Hashable) -> None:
    """Let everything pass."""
