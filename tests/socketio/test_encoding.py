"""Packets in their final form."""

import json

import pytest

from parley.socketio.encoding import Encoded
from parley.socketio.protocol.engine import Binary
from tests.socketio.links import unmasked


@pytest.mark.parametrize("size", [0, 125, 126, 127, 65535, 65536, 100_000])
def test_frames_hold_the_text_whatever_its_size(size: int) -> None:
    text = b"4" + b"x" * size
    assert unmasked(Encoded(text).frames) == [(1, text)]


def test_attachments_follow_as_binary() -> None:
    encoded = Encoded(b'452-["a"]', [b"one", b"two"])
    assert unmasked(encoded.frames) == [(1, b'452-["a"]'), (2, b"one"), (2, b"two")]
    assert encoded.packets == [b'452-["a"]', b"one", b"two"]
    assert [type(packet) for packet in encoded.packets] == [bytes, Binary, Binary]


def test_an_offset_is_the_last_argument_for_recovery_alone() -> None:
    encoded = Encoded(b'42["a",1]').at("e.7")
    assert unmasked(encoded.frames) == [(1, b'42["a",1]')]
    assert unmasked(encoded.positioned_frames) == [(1, b'42["a",1,"e.7"]')]


def test_an_event_without_arguments_takes_an_offset() -> None:
    assert unmasked(Encoded(b'42["a"]').at("x").positioned_frames) == [(1, b'42["a","x"]')]


def test_an_offset_stands_before_the_attachments() -> None:
    positioned = Encoded(b'451-["a",{"_placeholder":true,"num":0}]', [b"x"]).at("9").for_recovery()
    assert json.loads(positioned.packets[0][4:])[-1] == "9"
    assert positioned.packets[1] == b"x"


@pytest.mark.parametrize("text", [b'42["a","trap"]', b'42["a"]', b'42/x,["a","trap"]'])
def test_a_string_that_stands_last_cannot_be_taken_for_an_offset(text: bytes) -> None:
    packet = Encoded(text).for_recovery().packets[0]
    assert json.loads(packet[packet.index(b"[") :])[-1] is None


@pytest.mark.parametrize("text", [b'42["a",1]', b'431["ok"]', b'40{"sid":"x"}', b"41"])
def test_other_packets_are_the_same_for_recovery(text: bytes) -> None:
    encoded = Encoded(text)
    assert encoded.for_recovery() is encoded


def test_each_dialect_is_encoded_once() -> None:
    encoded = Encoded(b'42["a",1]').at("1")
    assert encoded.for_recovery() is encoded.for_recovery()
    assert encoded.positioned_frames is encoded.positioned_frames
