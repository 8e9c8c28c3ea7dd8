"""Cursors: what goes in comes out, and nothing else does."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.api.cursors import number, seal, text
from parley.model.errors import Invalid


@given(st.text(st.characters(codec="utf-8"), min_size=1))
def test_any_key_survives(key):
    assert text(seal(key)) == key


@given(st.integers(0, 10**18 - 1))
def test_any_number_survives(key):
    assert number(seal(key)) == key


def test_at_the_end_there_is_none():
    assert seal(None) is None
    assert text(None) == ""
    assert number(None) is None


@given(st.text())
def test_anything_else_is_refused_or_read_and_never_fails_otherwise(cursor):
    for read in (text, number):
        with suppress(Invalid):
            read(cursor)


@pytest.mark.parametrize("key", ["-1", "1.5", "x", str(2**70), "²"])
def test_what_is_no_number_is_no_cursor_of_a_list_by_numbers(key):
    with pytest.raises(Invalid):
        number(seal(key))
