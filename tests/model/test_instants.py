"""Instants are text whose order is time's."""

from hypothesis import given
from hypothesis import strategies as st

from parley.model.instants import milliseconds, timestamp

instants = st.integers(0, 253_402_300_799_999)


@given(instants)
def test_every_millisecond_survives(instant: int) -> None:
    assert milliseconds(timestamp(instant)) == instant


@given(instants, instants)
def test_the_order_of_the_text_is_the_order_of_time(one: int, other: int) -> None:
    assert (timestamp(one) < timestamp(other)) == (one < other)


def test_the_text_has_exactly_milliseconds() -> None:
    assert timestamp(5) == "1970-01-01T00:00:00.005Z"
