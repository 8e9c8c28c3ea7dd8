"""WebSocket framing, held to RFC 6455 section by section."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.socketio.protocol.errors import FrameError
from parley.socketio.protocol.frames import (
    CloseCode,
    FrameParser,
    Limits,
    Opcode,
    parse_close,
    serialise,
    serialise_close,
    xor_mask,
)

MASK = b"\x11\x22\x33\x44"


def masked(opcode: int, payload: bytes = b"", *, fin: bool = True) -> bytes:
    return serialise(opcode, payload, fin=fin, mask=MASK)


def feed(*chunks: bytes, max_size: int = 1000, max_fragments: int = 100):
    parser = FrameParser(Limits(max_size, max_fragments))
    events = [event for chunk in chunks for event in parser.feed(chunk)]
    return events, parser.error


def code_of(*chunks: bytes, **limits: int) -> int | None:
    _, error = feed(*chunks, **limits)
    return None if error is None else error.code


def test_a_text_message_is_unmasked() -> None:
    assert feed(masked(1, b"Hello")) == ([(1, b"Hello")], None)


def test_the_examples_of_the_specification_are_parsed() -> None:
    hello = bytes.fromhex("818537fa213d7f9f4d5158")
    assert feed(hello) == ([(1, b"Hello")], None)


def test_the_examples_of_the_specification_are_serialised() -> None:
    assert serialise(1, b"Hello") == bytes.fromhex("810548656c6c6f")
    assert serialise(1, b"Hel", fin=False) == bytes.fromhex("010348656c")
    assert serialise(0, b"lo") == bytes.fromhex("80026c6f")
    assert serialise(2, bytes(256))[:4] == bytes.fromhex("827e0100")
    assert serialise(2, bytes(65536))[:10] == bytes.fromhex("827f0000000000010000")


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65535, 65536, 70000])
def test_lengths_around_the_limits_of_each_form_round_trip(size: int) -> None:
    payload = bytes(size)
    assert feed(masked(2, payload), max_size=70000) == ([(2, payload)], None)


def test_a_client_frame_without_mask_is_refused() -> None:
    assert code_of(serialise(1, b"Hello")) == CloseCode.PROTOCOL_ERROR


@pytest.mark.parametrize("first", [0xC1, 0xA1, 0x91, 0xF1])
def test_reserved_bits_are_refused(first: int) -> None:
    assert code_of(bytes((first,)) + masked(1, b"x")[1:]) == CloseCode.PROTOCOL_ERROR


@pytest.mark.parametrize("opcode", [3, 4, 5, 6, 7, 11, 12, 13, 14, 15])
def test_unknown_opcodes_are_refused(opcode: int) -> None:
    assert code_of(masked(opcode)) == CloseCode.PROTOCOL_ERROR


@pytest.mark.parametrize("opcode", [8, 9, 10])
def test_a_control_frame_may_not_be_fragmented_or_long(opcode: int) -> None:
    assert code_of(masked(opcode, fin=False)) == CloseCode.PROTOCOL_ERROR
    assert code_of(masked(opcode, bytes(126))) == CloseCode.PROTOCOL_ERROR


def test_a_long_control_frame_is_refused_before_its_payload_has_come() -> None:
    assert code_of(masked(9, bytes(126))[:8]) == CloseCode.PROTOCOL_ERROR


def test_a_length_must_have_its_shortest_form() -> None:
    assert code_of(b"\x81\xfe\x00\x7d" + MASK) == CloseCode.PROTOCOL_ERROR
    assert code_of(b"\x81\xff" + (65535).to_bytes(8) + MASK) == CloseCode.PROTOCOL_ERROR
    assert code_of(b"\x81\xff" + (1 << 63).to_bytes(8) + MASK) == CloseCode.PROTOCOL_ERROR


def test_fragments_become_one_message() -> None:
    chunks = masked(1, b"a", fin=False), masked(0, b"b", fin=False), masked(0, b"c")
    assert feed(*chunks) == ([(1, b"abc")], None)


def test_control_frames_may_come_between_fragments() -> None:
    events, error = feed(masked(1, b"a", fin=False), masked(9, b"ping"), masked(0, b"b"))
    assert (events, error) == ([(9, b"ping"), (1, b"ab")], None)


def test_a_continuation_of_nothing_is_refused() -> None:
    assert code_of(masked(0, b"x")) == CloseCode.PROTOCOL_ERROR


def test_a_new_message_inside_a_fragmented_one_is_refused() -> None:
    assert code_of(masked(1, b"a", fin=False), masked(1, b"b")) == CloseCode.PROTOCOL_ERROR
    assert code_of(masked(1, b"a", fin=False), masked(2, b"b")) == CloseCode.PROTOCOL_ERROR


def test_a_message_over_the_limit_is_refused_by_its_header() -> None:
    assert code_of(masked(1, bytes(1001))[:8]) == CloseCode.TOO_BIG


def test_fragments_count_together_against_the_limit() -> None:
    assert code_of(masked(2, bytes(600), fin=False), masked(0, bytes(401))) == CloseCode.TOO_BIG
    assert code_of(masked(2, bytes(600), fin=False), masked(0, bytes(400))) is None


def test_the_limit_is_whole_again_after_a_fragmented_message() -> None:
    whole = masked(2, bytes(1000))
    assert code_of(masked(2, bytes(600), fin=False), masked(0, bytes(400)), whole) is None


def test_too_many_fragments_are_refused() -> None:
    chunks = [masked(2, b"", fin=False), *[masked(0, b"", fin=False)] * 3]
    assert code_of(*chunks, max_fragments=4) is None
    assert code_of(*chunks, max_fragments=3) == CloseCode.POLICY_VIOLATION


@pytest.mark.parametrize(
    "text", [b"\xff", b"\xed\xa0\x80", b"\xc0\xaf", b"\xf4\x90\x80\x80", b"\xc3"]
)
def test_text_that_is_no_utf8_is_refused(text: bytes) -> None:
    assert code_of(masked(1, text)) == CloseCode.INVALID_DATA


def test_a_character_may_be_split_between_fragments() -> None:
    euro = "€".encode()
    assert feed(masked(1, euro[:1], fin=False), masked(0, euro[1:])) == ([(1, euro)], None)


def test_invalid_text_is_refused_by_the_fragment_that_breaks_it() -> None:
    assert code_of(masked(1, b"ok\xff", fin=False)) == CloseCode.INVALID_DATA


def test_a_character_left_open_by_the_last_fragment_is_refused() -> None:
    assert code_of(masked(1, b"a", fin=False), masked(0, b"\xc3")) == CloseCode.INVALID_DATA


def test_binary_messages_may_hold_any_bytes() -> None:
    assert feed(masked(2, b"\xff\x00")) == ([(2, b"\xff\x00")], None)


def test_what_was_complete_before_a_violation_is_still_delivered() -> None:
    events, error = feed(masked(1, b"a") + masked(3, b"b") + masked(1, b"c"))
    assert events == [(1, b"a")]
    assert error is not None


def test_nothing_is_parsed_after_a_violation() -> None:
    events, _ = feed(masked(3), masked(1, b"c"))
    assert events == []


def test_the_unmasking_function_is_the_one_handed_in() -> None:
    parser = FrameParser(Limits(100, unmask=lambda data, mask: data.upper() + mask))
    assert parser.feed(serialise(2, b"\x00", mask=b"abcd")) == [(2, b"Aabcd")]


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (b"", (1005, "")),
        (b"\x03\xe8", (1000, "")),
        (b"\x03\xe8bye", (1000, "bye")),
        ((3000).to_bytes(2), (3000, "")),
        ((4999).to_bytes(2), (4999, "")),
    ],
)
def test_a_close_frame_says_code_and_reason(payload: bytes, expected: tuple[int, str]) -> None:
    assert parse_close(payload) == expected


@pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999, 5000, 65535])
def test_codes_that_may_not_be_sent_are_refused(code: int) -> None:
    with pytest.raises(FrameError) as caught:
        parse_close(code.to_bytes(2))
    assert caught.value.code == CloseCode.PROTOCOL_ERROR


def test_half_a_code_is_refused() -> None:
    with pytest.raises(FrameError):
        parse_close(b"\x03")


def test_a_close_reason_must_be_utf8() -> None:
    with pytest.raises(FrameError) as caught:
        parse_close(b"\x03\xe8\xff")
    assert caught.value.code == CloseCode.INVALID_DATA


def test_a_long_close_reason_is_cut_at_a_whole_character() -> None:
    frame = serialise_close(1000, "€" * 100)
    assert frame[1] <= 125
    assert parse_close(frame[2:]) == (1000, "€" * 41)


@given(st.binary(max_size=300), st.binary(min_size=4, max_size=4))
def test_masking_twice_gives_the_data_back(data: bytes, mask: bytes) -> None:
    assert xor_mask(xor_mask(data, mask), mask) == data


_messages = st.lists(
    st.one_of(
        st.tuples(st.just(1), st.text(max_size=80).map(str.encode)),
        st.tuples(st.just(2), st.binary(max_size=200)),
        st.tuples(st.sampled_from([9, 10]), st.binary(max_size=125)),
    ),
    max_size=6,
)


@given(_messages, st.randoms(use_true_random=False))
def test_however_the_bytes_are_split_the_events_are_the_same(
    messages: list[tuple[int, bytes]], random_: random.Random
) -> None:
    stream = b"".join(masked(opcode, payload) for opcode, payload in messages)
    cuts = sorted(random_.choices(range(len(stream) + 1), k=8))
    chunks = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert feed(*chunks) == (messages, None)


@given(_messages.filter(bool), st.integers(min_value=1, max_value=7))
def test_however_a_message_is_fragmented_it_is_the_same(
    messages: list[tuple[int, bytes]], size: int
) -> None:
    frames = []
    for opcode, payload in messages:
        if opcode > 2:
            frames.append(masked(opcode, payload))
            continue
        parts = [payload[i : i + size] for i in range(0, len(payload), size)] or [b""]
        for number, part in enumerate(parts):
            last = number == len(parts) - 1
            frames.append(masked(0 if number else opcode, part, fin=last))
    assert feed(*frames, max_size=10_000, max_fragments=1000) == (messages, None)


def test_any_bytes_give_messages_or_a_frame_error_the_same_for_any_split() -> None:
    random_ = random.Random(6455)
    for _ in range(3000):
        stream = bytearray(masked(random_.randrange(16), random_.randbytes(random_.randrange(140))))
        stream += masked(random_.choice([0, 1, 2, 9]), b"text", fin=random_.random() < 0.7)
        for _ in range(random_.randrange(4)):
            stream[random_.randrange(len(stream))] = random_.randrange(256)
        whole, error = feed(bytes(stream))
        pieces, later = feed(*(bytes((byte,)) for byte in stream))
        assert pieces == whole
        assert str(later) == str(error)
        assert all(opcode in {1, 2, 8, 9, 10} for opcode, _ in whole)


def test_a_frame_that_comes_byte_by_byte_is_copied_once() -> None:
    # 200 kB in single bytes: with a copy a byte this would move 20 GB and never end.
    parser = FrameParser(Limits(200_000))
    stream = masked(2, bytes(200_000))
    events = [event for byte in stream for event in parser.feed(bytes((byte,)))]
    assert events == [(2, bytes(200_000))]


def test_opcodes_are_those_of_the_registry() -> None:
    assert [opcode.value for opcode in Opcode] == [0, 1, 2, 8, 9, 10]


@given(
    st.sampled_from([0x81, 0x01, 0x82, 0x89, 0xC1]),
    st.sampled_from([0, 1, 125, 126, 127, 128, 300, 999, 1000, 1001, 66_000]),
    st.sampled_from([b"", b"x", b"\x81\x80mask"]),
    st.integers(0, 3),
    st.sampled_from([0x00, 0x01, 0x80]),
)
def test_the_short_way_gives_what_the_long_one_gives_or_nothing(
    first: int, size: int, behind: bytes, cut: int, flip: int
) -> None:
    data = bytearray(serialise(1, b"a" * size, mask=MASK))
    data[0] = first
    data[1] ^= flip
    stream = bytes(data[: len(data) - cut]) + behind
    short = FrameParser(Limits(1000)).whole_text(stream)
    events, error = feed(stream)
    if short is not None:
        assert (events, error) == ([(1, short)], None)
    elif not cut and not behind and not flip:
        assert first != 0x81 or size > 1000


def test_the_short_way_takes_nothing_in_the_middle_of_something() -> None:
    for begin in (masked(1, b"half", fin=False), masked(1, b"whole")[:3], masked(3)):
        parser = FrameParser(Limits(1000))
        parser.feed(begin)
        assert parser.whole_text(masked(1, b"text")) is None


def test_the_short_way_leaves_text_beyond_ascii_to_be_checked() -> None:
    assert FrameParser(Limits(1000)).whole_text(masked(1, "é".encode())) is None
