"""Compressed messages, from the examples of RFC 7692 and against zlib by itself."""

import zlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.socketio.protocol.deflate import Agreement, Deflate, negotiate
from parley.socketio.protocol.errors import FrameError
from parley.socketio.protocol.frames import CloseCode, FrameParser, Limits, Opcode, serialise

TAIL = b"\x00\x00\xff\xff"
ALL = Deflate(threshold=0)
KEEPING = Deflate(threshold=0, client_context_takeover=True)
# Section 7.2.3, without the masks that a client adds.
HELLO = {
    "one block": "f248cdc9c90700",
    "a block without compression": "000500faff48656c6c6f00",
    "a block that is the last": "f348cdc9c9070000",
    "two blocks": "f248050000 00ffff cac9c90700",
}


def agreed(offers: str, settings: Deflate = ALL) -> Agreement:
    agreement = negotiate(offers, settings)
    assert agreement is not None
    return agreement


def parser(
    settings: Deflate = ALL, max_size: int = 1000, offers: str = "permessage-deflate"
) -> FrameParser:
    return FrameParser(Limits(max_size, inflate=agreed(offers, settings).inflater(max_size)))


def masked(first: int, payload: bytes) -> bytes:
    opcode, fin = first & 0x7F, bool(first & 0x80)
    return serialise(opcode, payload, fin=fin, mask=b"mask")


def deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return (packer.compress(data) + packer.flush(zlib.Z_SYNC_FLUSH)).removesuffix(TAIL)


# --- what a client sends


@pytest.mark.parametrize("packed", HELLO.values(), ids=HELLO)
def test_the_examples_of_the_rfc_say_hello(packed: str) -> None:
    assert parser().feed(masked(0xC1, bytes.fromhex(packed))) == [(1, b"Hello")]


def test_a_fragmented_message_is_marked_on_its_first_frame() -> None:
    first, second = bytes.fromhex("f248cd"), bytes.fromhex("c9c90700")
    assert parser().feed(masked(0x41, first) + masked(0x80, second)) == [(1, b"Hello")]


def test_an_empty_message_is_one_byte() -> None:
    assert parser().feed(masked(0xC2, b"\x00")) == [(2, b"")]


def test_a_client_may_refer_to_earlier_messages_where_that_was_agreed_on() -> None:
    twice = masked(0xC1, bytes.fromhex("f248cdc9c90700")) + masked(
        0xC1, bytes.fromhex("f200110000")
    )
    assert parser(KEEPING).feed(twice) == [(1, b"Hello"), (1, b"Hello")]
    without = parser()
    assert without.feed(twice) == [(1, b"Hello")]
    assert without.error is not None
    assert without.error.code == CloseCode.INVALID_DATA


def test_messages_may_still_come_as_they_are() -> None:
    mixed = masked(0x81, b"plain") + masked(0xC1, deflate(b"packed")) + masked(0x82, b"\xff")
    assert parser().feed(mixed) == [(1, b"plain"), (1, b"packed"), (2, b"\xff")]


def test_a_control_frame_among_compressed_fragments_is_delivered() -> None:
    packed = deflate(b"x" * 50)
    data = masked(0x41, packed[:3]) + masked(0x89, b"ping") + masked(0x80, packed[3:])
    assert parser().feed(data) == [(Opcode.PING, b"ping"), (1, b"x" * 50)]


@pytest.mark.parametrize("first", [0xC9, 0xA1, 0x91, 0xE1])
def test_a_reserved_bit_elsewhere_breaks_a_rule(first: int) -> None:
    broken = parser()
    assert broken.feed(masked(first, b"")) == []
    assert broken.error is not None
    assert broken.error.code == CloseCode.PROTOCOL_ERROR


def test_a_reserved_bit_on_a_continuation_breaks_a_rule() -> None:
    broken = parser()
    assert broken.feed(masked(0x41, b"\x00") + masked(0xC0, b"\x00")) == []
    assert broken.error is not None
    assert broken.error.code == CloseCode.PROTOCOL_ERROR


def test_without_an_agreement_the_bit_breaks_a_rule() -> None:
    broken = FrameParser(Limits(1000))
    assert broken.feed(masked(0xC1, deflate(b"Hello"))) == []
    assert broken.error is not None
    assert broken.error.code == CloseCode.PROTOCOL_ERROR


def test_compressed_text_is_checked_to_be_utf_8() -> None:
    broken = parser()
    broken.feed(masked(0xC1, deflate(b"\xc3\x28")))
    assert broken.error is not None
    assert broken.error.code == CloseCode.INVALID_DATA
    assert parser().feed(masked(0xC2, deflate(b"\xc3\x28"))) == [(2, b"\xc3\x28")]


# --- limits


@pytest.mark.parametrize(("size", "fits"), [(1000, True), (1001, False)])
def test_the_limit_is_on_what_a_message_inflates_to(size: int, fits: bool) -> None:
    limited = parser(max_size=1000)
    events = limited.feed(masked(0xC2, deflate(b"x" * size)))
    assert (len(events) == 1) is fits
    assert (limited.error is None) is fits
    if limited.error is not None:
        assert limited.error.code == CloseCode.TOO_BIG


def test_a_bomb_is_inflated_no_further_than_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    produced: list[int] = []
    real = zlib.decompressobj

    class Watched:
        def __init__(self, bits: int) -> None:
            self._real = real(bits)

        def decompress(self, data: bytes, limit: int) -> bytes:
            out = self._real.decompress(data, limit)
            produced.append(len(out))
            return out

    monkeypatch.setattr(zlib, "decompressobj", Watched)
    bombed = parser(max_size=100_000)
    assert bombed.feed(masked(0xC2, deflate(bytes(50_000_000)))) == []
    assert bombed.error is not None
    assert bombed.error.code == CloseCode.TOO_BIG
    assert produced == [100_001]


def test_the_limit_is_on_the_compressed_bytes_too() -> None:
    limited = parser(max_size=10)
    limited.feed(masked(0xC2, b"\x00" * 11))
    assert limited.error is not None
    assert limited.error.code == CloseCode.TOO_BIG


def test_last_blocks_in_a_row_are_refused_at_the_first() -> None:
    broken = parser(max_size=100_000)
    assert broken.feed(masked(0xC2, b"\x03\x00" * 40_000)) == []
    assert broken.error is not None
    assert broken.error.code == CloseCode.INVALID_DATA


@given(st.binary(max_size=300))
def test_any_bytes_are_a_message_or_an_error(packed: bytes) -> None:
    inflate = agreed("permessage-deflate").inflater(10_000)
    message = b""
    with suppress(FrameError):
        message = inflate(packed)
    assert len(message) <= 10_000


@given(st.lists(st.binary(max_size=200), min_size=1, max_size=6), st.integers(8, 15))
def test_what_one_context_packed_one_context_unpacks(messages: list[bytes], bits: int) -> None:
    agreement = agreed(f"permessage-deflate; client_max_window_bits={bits}", KEEPING)
    packer = zlib.compressobj(9, zlib.DEFLATED, -max(bits, 9))
    inflate = agreement.inflater(1000)
    for message in messages:
        packed = packer.compress(message) + packer.flush(zlib.Z_SYNC_FLUSH)
        assert inflate(packed.removesuffix(TAIL)) == message


# --- what we send


@given(st.binary(max_size=5000), st.integers(9, 15))
def test_a_frame_inflates_to_its_message_in_the_window_that_was_agreed_on(
    message: bytes, bits: int
) -> None:
    frame = agreed(f"permessage-deflate; server_max_window_bits={bits}").frame(2, message)
    assert frame[0] == 0xC2
    start = {126: 4, 127: 10}.get(frame[1], 2)
    unpacker = zlib.decompressobj(-bits)
    assert unpacker.decompress(frame[start:] + TAIL) == message
    assert not unpacker.eof


def test_a_message_below_the_threshold_stays_as_it_is() -> None:
    agreement = agreed("permessage-deflate", Deflate(threshold=100))
    assert agreement.frame(1, b"x" * 99) == serialise(1, b"x" * 99)
    assert len(agreement.frame(1, b"x" * 100)) < 20


# --- negotiation

BOTH = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"


@pytest.mark.parametrize(
    ("offers", "settings", "answer"),
    [
        ("permessage-deflate", ALL, BOTH),
        ("permessage-deflate; client_max_window_bits", ALL, BOTH),
        (
            "permessage-deflate; client_max_window_bits",
            Deflate(client_max_window_bits=11),
            f"{BOTH}; client_max_window_bits=11",
        ),
        ("permessage-deflate", Deflate(client_max_window_bits=11), BOTH),
        (
            'permessage-deflate; server_max_window_bits="10"',
            ALL,
            f"{BOTH}; server_max_window_bits=10",
        ),
        (
            "permessage-deflate; server_max_window_bits=12",
            Deflate(server_max_window_bits=10),
            f"{BOTH}; server_max_window_bits=10",
        ),
        ("permessage-deflate", KEEPING, "permessage-deflate; server_no_context_takeover"),
        ("permessage-deflate; client_no_context_takeover", KEEPING, BOTH),
        ("x-webkit-deflate-frame, permessage-deflate;server_no_context_takeover", ALL, BOTH),
        ("permessage-deflate; server_max_window_bits=8, permessage-deflate", ALL, BOTH),
        ("permessage-deflate; unheard_of, permessage-deflate", ALL, BOTH),
    ],
)
def test_the_first_offer_that_can_be_met_is_accepted(
    offers: str, settings: Deflate, answer: str
) -> None:
    assert agreed(offers, settings).header == answer


@pytest.mark.parametrize(
    "offers",
    [
        "",
        "permessage-bzip2",
        "permessage-deflate; server_max_window_bits=8",
        "permessage-deflate; server_max_window_bits",
        "permessage-deflate; server_max_window_bits=16",
        "permessage-deflate; server_max_window_bits=09",
        "permessage-deflate; client_max_window_bits=7",
        "permessage-deflate; client_no_context_takeover=1",
        "permessage-deflate; client_no_context_takeover; client_no_context_takeover",
        "permessage-deflate; unheard_of",
    ],
)
def test_an_offer_that_cannot_be_met_is_passed_over(offers: str) -> None:
    assert negotiate(offers, ALL) is None


@given(st.text())
def test_any_header_is_an_agreement_or_none(offers: str) -> None:
    negotiate(offers, ALL)
    negotiate(f"permessage-deflate; {offers}", ALL)


@pytest.mark.parametrize("bits", [8, 16])
def test_settings_that_zlib_cannot_do_are_refused(bits: int) -> None:
    with pytest.raises(ValueError, match="max_window_bits"):
        Deflate(server_max_window_bits=bits)
