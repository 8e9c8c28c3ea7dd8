"""Socket.IO packets, held to the protocol's revision 5."""

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.socketio.protocol.errors import PacketError, UnencodablePacket
from parley.socketio.protocol.packets import (
    RESERVED_EVENTS,
    PacketType,
    check_event_name,
    decode,
    decode_common_event,
    encode_header,
    split_event,
)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
names = st.text(max_size=20).filter(lambda name: name not in RESERVED_EVENTS)
namespaces = st.just("/") | st.text("abc/-_.", max_size=8).map(lambda name: "/" + name)


def fields(message: bytes) -> tuple[int, str, bytes, bytes, int]:
    packet = decode(message, 10)
    return packet.type, packet.namespace, packet.ack_id, packet.payload, packet.missing


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (b"40", (0, "/", b"", b"", 0)),
        (b'40{"token":"123"}', (0, "/", b"", b'{"token":"123"}', 0)),
        (b"40/admin,", (0, "/admin", b"", b"", 0)),
        (b"40/admin", (0, "/admin", b"", b"", 0)),
        (b'40/admin?token=1,{"a":1}', (0, "/admin", b"", b'{"a":1}', 0)),
        (b"41/admin,", (1, "/admin", b"", b"", 0)),
        (b'42["foo"]', (2, "/", b"", b'["foo"]', 0)),
        (b'42/admin,12["foo"]', (2, "/admin", b"12", b'["foo"]', 0)),
        (b"43/admin,12[]", (3, "/admin", b"12", b"[]", 0)),
        (b'451-["baz",{"_placeholder":true,"num":0}]', (5, "/", b"", None, 1)),
        (b'462-/admin,456["baz"]', (6, "/admin", b"456", b'["baz"]', 2)),
    ],
)
def test_the_examples_of_the_specification_are_taken_apart(
    message: bytes, expected: tuple[int, str, bytes, bytes | None, int]
) -> None:
    found = fields(message)
    assert (found[:3], found[4]) == (expected[:3], expected[4])
    assert expected[3] is None or found[3] == expected[3]


@pytest.mark.parametrize(
    "message",
    [
        b"4", b"4abc", b"47", b"48[1]", b"42", b"42{}", b'42"a"', b"42abc[]", b'421 ["a"]',
        b'42 ["a"]', b'42-1["a"]', b'421.5["a"]', b'421e3["a"]', b'42+1["a"]', b'420x1["a"]',
        b"40[]", b'40"token"', b"40null", b"401", b'401{"a":1}', b"41{}", b"41[]", b"411",
        b"43[]", b"43", b"4312", b"4312{}", b'44{"message":"x"}', b'44"x"',
        b'45["a"]', b'45-["a"]', b'451["a"]', b'4511-["a"]', b'45-1-["a"]', b'46["a"]',
        b'461-["a"]', b'421-["a"]', b'4299999999999999999["a"]',
    ],
)  # fmt: skip
def test_what_is_no_packet_of_a_client_is_refused(message: bytes) -> None:
    assert decode_common_event(message) is None
    with pytest.raises(PacketError):
        decode(message, 10)


def test_attachments_are_limited() -> None:
    assert decode(b'452-["a"]', 2).missing == 2
    with pytest.raises(PacketError):
        decode(b'453-["a"]', 2)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (b'42["a"]', (b"", b"a", b"[]")),
        (b'42["a",1,{"b":[2]}]', (b"", b"a", b'[1,{"b":[2]}]')),
        (b'4217["a",1]', (b"17", b"a", b"[1]")),
        ('42["é",1]'.encode(), (b"", "é".encode(), b"[1]")),
    ],
)
def test_common_events_are_taken_apart_at_once(
    message: bytes, expected: tuple[bytes, bytes, bytes]
) -> None:
    assert decode_common_event(message) == expected


@pytest.mark.parametrize(
    "message",
    [
        b'42["a\\u0062",1]',
        b'42/x,["a"]',
        b'42["a"',
        b'42["a"]]',
        b'42["a",1',
        b"42[1]",
        b'42["a",]',
        b'42["a", ]',
    ],
)
def test_uncommon_events_are_left_to_the_full_parser(message: bytes) -> None:
    assert decode_common_event(message) is None


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (b'["a\\u0062",1]', ("ab", b"[1]")),
        (b'["a"]', ("a", b"[]")),
        (b'["a" , 1 ]', ("a", b"[1 ]")),
        (b"[1,2]", ("1", b"[2]")),
        (b'["a\\"b"]', ('a"b', b"[]")),
    ],
)
def test_an_event_is_split_into_name_and_arguments(
    payload: bytes, expected: tuple[str, bytes]
) -> None:
    assert split_event(payload, json.loads) == expected


@pytest.mark.parametrize(
    "payload",
    [b"[]", b"[{}]", b"[null]", b'["a"', b'["a"]x', b'["a"]]', b"[true,1]", b'["\\x"]', b"[[]]",
     b'["a",]', b'["a", ]', b'["a"] 1]', b'["connect"]', b'["disconnect",1]', b'["newListener"]'],
)  # fmt: skip
def test_an_event_without_a_proper_name_is_refused(payload: bytes) -> None:
    with pytest.raises(PacketError):
        split_event(payload, json.loads)


def test_reserved_names_are_not_sent_either() -> None:
    for name in RESERVED_EVENTS:
        with pytest.raises(UnencodablePacket):
            check_event_name(name)


@given(namespaces, names, st.lists(json_values, max_size=3), st.none() | st.integers(0, 10**15))
def test_events_round_trip(
    namespace: str, name: str, args: list[object], ack_id: int | None
) -> None:
    digits = b"" if ack_id is None else b"%d" % ack_id
    text = json.dumps([name, *args], separators=(",", ":"), ensure_ascii=True).encode()
    message = encode_header(PacketType.EVENT, namespace) + digits + text
    packet = decode(message, 10)
    event, rest = split_event(packet.payload, json.loads)
    assert (packet.namespace, packet.ack_id) == (namespace, digits)
    assert (event, json.loads(rest)) == (name, args)


@given(names, st.lists(json_values, max_size=3))
def test_the_quick_parser_and_the_full_one_agree(name: str, args: list[object]) -> None:
    text = json.dumps([name, *args], separators=(",", ":"), ensure_ascii=False)
    message = b"427" + text.encode(errors="surrogatepass")
    quick = decode_common_event(message)
    if quick is not None:
        event, rest = split_event(decode(message, 10).payload, json.loads)
        assert quick == (b"7", event.encode(), rest)


def test_any_text_is_a_packet_or_a_packet_error() -> None:
    random_ = random.Random(5)
    alphabet = b'0123456-/,?[]{}":.a \\e+x\xc3\xa9'
    accepted = 0
    for _ in range(30_000):
        message = b"4" + bytes(random_.choices(alphabet, k=random_.randrange(1, 14)))
        try:
            packet = decode(message.decode(errors="ignore").encode(), 10)
        except PacketError:
            continue
        accepted += 1
        assert packet.missing <= 10
        if packet.type == PacketType.EVENT:
            try:
                name, args = split_event(packet.payload, json.loads)
            except PacketError:
                continue
            assert isinstance(name, str)
            assert args[:1] + args[-1:] == b"[]"
    assert accepted > 100


def test_headers_say_type_namespace_and_attachments() -> None:
    assert encode_header(PacketType.EVENT, "/") == b"42"
    assert encode_header(PacketType.EVENT, "/admin") == b"42/admin,"
    assert encode_header(PacketType.EVENT, "/", 2) == b"452-"
    assert encode_header(PacketType.ACK, "/admin", 1) == b"461-/admin,"
