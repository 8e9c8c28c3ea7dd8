"""Deadlines of one length, on a clock that is moved by hand."""

import asyncio
from typing import cast

from hypothesis import given
from hypothesis import strategies as st

from parley.socketio.deadlines import Deadlines
from tests.socketio.test_wheel import Clock

SECONDS = 10.0


class Loop(Clock):
    """Hands values on to what it calls, as a loop's `call_at` does and the wheel's clock need not; hence the types."""

    def call_at(self, when: float, call: object, *values: object) -> object:  # type: ignore[override]
        return super().call_at(when, lambda: call(*values))  # type: ignore[operator]


class Kept(Deadlines[str]):
    """In the time of a clock."""

    def __init__(self, clock: Loop) -> None:
        self.passed: list[tuple[float, str]] = []
        super().__init__(SECONDS, lambda entry: self.passed.append((clock.now, entry)))
        self._loop = cast("asyncio.AbstractEventLoop", clock)


def test_what_was_not_ended_is_told_once_at_its_time() -> None:
    clock = Loop()
    kept = Kept(clock)
    kept.begin("first")
    clock.run_until(4.0)
    kept.begin("second")
    clock.run_until(100.0)
    assert kept.passed == [(10.0, "first"), (14.0, "second")]
    assert "first" not in kept


def test_what_was_ended_is_not_told_and_leaves_no_timer() -> None:
    clock = Loop()
    kept = Kept(clock)
    kept.begin("one")
    kept.end("one")
    kept.end("never begun")
    clock.run_until(100.0)
    assert kept.passed == []
    assert clock.timers == []


def test_what_is_told_may_begin_anew() -> None:
    clock = Loop()
    kept = Kept(clock)
    kept._passed = kept.begin
    kept.begin("one")
    clock.run_until(10.0)
    assert "one" in kept
    assert len(clock.timers) == 1


@given(st.lists(st.tuples(st.floats(0, 5), st.sampled_from("abcdef"))))
def test_each_is_told_at_its_own_time_and_one_timer_is_enough(
    moves: list[tuple[float, str]],
) -> None:
    clock = Loop()
    kept = Kept(clock)
    expected: dict[str, float] = {}
    due: list[tuple[str, float]] = []
    for pause, name in moves:
        clock.run_until(clock.now + pause)
        due.extend((name, until) for name, until in expected.items() if until <= clock.now + 0.001)
        expected = {name: until for name, until in expected.items() if (name, until) not in due}
        if name in kept:
            kept.end(name)
            expected.pop(name, None)
        else:
            kept.begin(name)
            expected[name] = clock.now + SECONDS
        assert len(clock.timers) <= 1
    clock.run_until(clock.now + 2 * SECONDS)
    told = sorted(name for _, name in kept.passed)
    assert told == sorted([name for name, _ in due] + list(expected))
