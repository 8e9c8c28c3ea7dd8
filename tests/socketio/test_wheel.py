"""The timer wheel, with time moved by hand."""

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from parley.socketio.wheel import Wheel


class Clock:
    """A loop's clock and its timers."""

    def __init__(self) -> None:
        self.now = 0.0
        self.timers: list[tuple[float, Callable[[], None]]] = []

    def time(self) -> float:
        return self.now

    def call_at(self, when: float, call: Callable[[], None]) -> "Timer":
        self.timers.append((when, call))
        return Timer(self, (when, call))

    def run_until(self, when: float) -> None:
        while due := [timer for timer in self.timers if timer[0] <= when]:
            first = min(due, key=lambda timer: timer[0])
            self.timers.remove(first)
            self.now = max(self.now, first[0])
            first[1]()
        self.now = when


class Timer:
    def __init__(self, clock: Clock, entry: tuple[float, Callable[[], None]]) -> None:
        self._clock = clock
        self._entry = entry

    def cancel(self) -> None:
        self._clock.timers.remove(self._entry)


def ring(alarm: "Alarm", now: float) -> None:
    alarm.on_time(now)


class Alarm:
    def __init__(self) -> None:
        self.rang: list[float] = []

    def on_time(self, now: float) -> None:
        self.rang.append(now)


def test_an_entry_is_called_once_at_its_time_or_a_step_later() -> None:
    clock, alarm = Clock(), Alarm()
    Wheel(clock.time, clock.call_at, 0.01, ring).at(1.0, alarm)
    clock.run_until(0.999)
    assert alarm.rang == []
    clock.run_until(5.0)
    assert len(alarm.rang) == 1
    assert 1.0 <= alarm.rang[0] <= 1.01


@given(st.lists(st.floats(min_value=0, max_value=100), max_size=30))
def test_every_entry_is_called_in_its_step_whatever_the_order_of_asking(times: list[float]) -> None:
    clock = Clock()
    wheel = Wheel(clock.time, clock.call_at, 0.5, ring)
    alarms = [Alarm() for _ in times]
    for when, alarm in zip(times, alarms, strict=True):
        wheel.at(when, alarm)
    clock.run_until(200.0)
    for when, alarm in zip(times, alarms, strict=True):
        assert len(alarm.rang) == 1
        assert when <= alarm.rang[0] <= when + 0.5 + 1e-9


def test_any_number_of_entries_takes_one_timer_of_the_loop() -> None:
    clock = Clock()
    wheel = Wheel(clock.time, clock.call_at, 0.01, ring)
    for number in range(1000):
        wheel.at(50 - number * 0.04, Alarm())
    assert len(clock.timers) == 1


def test_an_entry_may_ask_again_while_it_is_called() -> None:
    clock = Clock()
    wheel = Wheel(clock.time, clock.call_at, 0.01, ring)

    class Again(Alarm):
        calls = 0

        def on_time(self, now: float) -> None:
            self.calls += 1
            wheel.at(now + 1.0, self)

    again = Again()
    wheel.at(1.0, again)
    clock.run_until(5.5)
    assert again.calls == 5


def test_a_timer_that_fires_a_little_early_loses_nothing() -> None:
    clock, alarm = Clock(), Alarm()
    Wheel(clock.time, clock.call_at, 0.01, ring).at(1.0, alarm)
    (_, fire) = clock.timers.pop()
    clock.now = 0.9995
    fire()
    clock.run_until(2.0)
    assert len(alarm.rang) == 1


def test_a_stopped_wheel_calls_nobody() -> None:
    clock, alarm = Clock(), Alarm()
    wheel = Wheel(clock.time, clock.call_at, 0.01, ring)
    wheel.at(1.0, alarm)
    wheel.stop()
    clock.run_until(2.0)
    assert alarm.rang == []
    assert clock.timers == []


@given(st.integers(1, 10_000_000), st.sampled_from([0.002, 0.001, 0.05, 0.0123]))
def test_no_entry_is_called_before_its_time_however_the_quotient_is_rounded(
    slot: int, step: float
) -> None:
    clock = Clock()
    wheel = Wheel(clock.time, clock.call_at, step, ring)
    when = slot * step + 100 * step
    wheel.at(when, Alarm())
    assert clock.timers[0][0] >= when
