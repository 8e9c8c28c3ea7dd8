"""How deep JSON is nested."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.socketio.protocol.nesting import nested_deeper

values = st.recursive(
    st.none() | st.text('[]{}"\\a'),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text('[{"'), inner, max_size=3),
    max_leaves=30,
)


def depth(value: object) -> int:
    if isinstance(value, list | dict):
        inner = value.values() if isinstance(value, dict) else value
        return 1 + max(map(depth, inner), default=0)
    return 0


@given(values, st.integers(min_value=1, max_value=5))
def test_it_is_exactly_the_depth_that_counts(value: object, limit: int) -> None:
    assert nested_deeper(json.dumps(value).encode(), limit) is (depth(value) > limit)


@pytest.mark.parametrize("pair", [b"[]", b"{}"])
def test_the_limit_itself_is_allowed(pair: bytes) -> None:
    opening, closing = pair[:1], pair[1:]
    assert not nested_deeper(opening * 32 + closing * 32, 32)
    assert nested_deeper(opening * 33 + closing * 33, 32)


def test_brackets_in_strings_do_not_count() -> None:
    assert not nested_deeper(json.dumps(["[" * 100, '"' + "{" * 100]).encode(), 2)


@pytest.mark.parametrize("data", [b"[" * 1_000_000, b"[]," * 330_000, b'"\\' * 500_000])
def test_a_hostile_megabyte_costs_little(data: bytes) -> None:
    begin = time.process_time()
    nested_deeper(data, 32)
    assert time.process_time() - begin < 1.0
