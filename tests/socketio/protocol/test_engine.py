"""Engine.IO packets and payloads."""

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.socketio.protocol.engine import (
    Binary,
    Fault,
    decode_payload,
    encode_payload,
    open_packet,
)
from parley.socketio.protocol.errors import PacketError

_packets = st.lists(
    st.one_of(
        st.text().filter(lambda text: "\x1e" not in text).map(lambda text: b"4" + text.encode()),
        st.binary().map(Binary),
        st.sampled_from([b"1", b"2", b"3", b"2probe", b"5", b"6"]),
    ),
    min_size=1,
    max_size=8,
)


def test_a_handshake_has_exactly_its_five_fields_in_order() -> None:
    packet = open_packet("abc", ("websocket",), 25000, 20000, 1_000_000)
    assert packet == (
        b'0{"sid":"abc","upgrades":["websocket"],"pingInterval":25000,'
        b'"pingTimeout":20000,"maxPayload":1000000}'
    )
    assert json.loads(open_packet("abc", (), 1, 2, 3)[1:])["upgrades"] == []


def test_the_example_of_the_specification_is_encoded() -> None:
    assert encode_payload([b"4hello", b"2", b"4world"]) == b"4hello\x1e2\x1e4world"
    assert encode_payload([b"4hello", Binary(b"\x01\x02\x03\x04")]) == b"4hello\x1ebAQIDBA=="


@given(_packets)
def test_payloads_round_trip(packets: list[bytes]) -> None:
    decoded = decode_payload(encode_payload(packets), 8)
    assert decoded == packets
    assert [type(packet) for packet in decoded] == [type(packet) for packet in packets]


@pytest.mark.parametrize(
    "body", [b"", b"abc", b"7", b"4a\x1e", b"\x1e4a", b"b?", b"bAQ", b"4\xff", b"4a\x1e9"]
)
def test_what_is_no_packet_is_refused(body: bytes) -> None:
    with pytest.raises(PacketError):
        decode_payload(body, 100)


def test_a_payload_of_too_many_packets_is_refused() -> None:
    assert len(decode_payload(b"\x1e".join([b"2"] * 5), 5)) == 5
    with pytest.raises(PacketError):
        decode_payload(b"\x1e".join([b"2"] * 6), 5)


def test_any_bytes_are_packets_or_a_packet_error() -> None:
    random_ = random.Random(4)
    alphabet = b"0123456b4\x1e\xff=AQ\n{"
    for _ in range(5000):
        body = bytes(random_.choices(alphabet, k=random_.randrange(12)))
        try:
            packets = decode_payload(body, 5)
        except PacketError:
            continue
        assert 1 <= len(packets) <= 5


def test_faults_answer_with_the_text_that_clients_compare() -> None:
    assert [(fault.code, fault.status, fault.body) for fault in Fault] == [
        (0, 400, b'{"code":0,"message":"Transport unknown"}'),
        (1, 400, b'{"code":1,"message":"Session ID unknown"}'),
        (2, 400, b'{"code":2,"message":"Bad handshake method"}'),
        (3, 400, b'{"code":3,"message":"Bad request"}'),
        (4, 403, b'{"code":4,"message":"Forbidden"}'),
        (5, 400, b'{"code":5,"message":"Unsupported protocol version"}'),
    ]
