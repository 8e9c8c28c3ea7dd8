"""How much anybody may ask in how much time."""

import pytest

from parley.model.errors import RateLimited
from parley.model.rates import rate


class Time:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_ten_seconds_worth_at_once_then_so_many_a_second():
    time = Time()
    take = rate(2, time)
    for _ in range(20):
        take("ann")
    with pytest.raises(RateLimited) as refused:
        take("ann")
    assert refused.value.details == {"retry_after": 1}
    take("ben")
    time.now = 0.5
    take("ann")
    with pytest.raises(RateLimited):
        take("ann")


def test_less_than_one_in_ten_seconds_is_still_one():
    time = Time()
    take = rate(0.01, time)
    take("ann")
    with pytest.raises(RateLimited) as refused:
        take("ann")
    assert refused.value.details == {"retry_after": 100}


def test_nought_lets_everything_pass():
    take = rate(0, Time())
    for _ in range(10_000):
        take("ann")
