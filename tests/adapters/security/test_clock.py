"""The machine's clock."""

import time

from parley.adapters.security.clock import SystemClock


def test_it_tells_milliseconds_since_1970():
    before = time.time() * 1000
    assert before - 1 <= SystemClock().now_ms() <= time.time() * 1000


def test_its_monotonic_seconds_do_not_go_back():
    clock = SystemClock()
    assert clock.monotonic() <= clock.monotonic()
