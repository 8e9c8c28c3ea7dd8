"""Layered mappings behave as the dict that they stand for."""

from hypothesis import given
from hypothesis import strategies as st

from parley.model.layered import Layered

keys = st.integers(0, 6)
changes = st.lists(st.tuples(st.sampled_from(["set", "pop"]), keys, st.integers()))


@given(st.dictionaries(keys, st.integers()), changes, st.integers(0, 30))
def test_it_equals_a_dict_that_saw_the_same_changes_even_while_the_one_below_receives_them(
    below: dict[int, int], changes: list[tuple[str, int, int]], catches_up: int
) -> None:
    expected = dict(below)
    layered = Layered(below)
    for what, key, value in changes:
        for mapping in (expected, layered):
            if what == "set":
                mapping[key] = value
            else:
                mapping.pop(key, None)
    for what, key, value in changes[:catches_up]:
        if what == "set":
            below[key] = value
        else:
            below.pop(key, None)
    assert dict(layered) == expected
    assert len(layered) == len(list(layered)) == len(expected)
    assert all(layered.get(key) == expected.get(key) for key in range(7))


def test_nothing_below_changes() -> None:
    below = {1: "one"}
    layered = Layered(below)
    layered[2] = "two"
    del layered[1]
    assert below == {1: "one"}
    assert dict(layered) == {2: "two"}
