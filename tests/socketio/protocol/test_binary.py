"""Bytes in events: detached, attached."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.socketio.protocol.binary import attach, detach
from parley.socketio.protocol.errors import PacketError

values = st.recursive(
    st.none() | st.integers() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(values)
def test_what_was_detached_can_be_attached(value: object) -> None:
    assert attach(*detach(value)) == value


def test_bytes_are_numbered_in_their_order() -> None:
    value, attachments = detach(["a", b"1", {"b": [bytearray(b"2")]}])
    assert attachments == [b"1", b"2"]
    assert value == [
        "a",
        {"_placeholder": True, "num": 0},
        {"b": [{"_placeholder": True, "num": 1}]},
    ]


def test_a_value_without_bytes_is_not_copied() -> None:
    value = ["a", {"b": [1, 2]}]
    assert detach(value)[0] is value


@pytest.mark.parametrize("number", [1, -1, "0", None, True, 0.0])
def test_a_placeholder_without_its_attachment_is_refused(number: object) -> None:
    with pytest.raises(PacketError):
        attach([{"_placeholder": True, "num": number}], [b"only"])
