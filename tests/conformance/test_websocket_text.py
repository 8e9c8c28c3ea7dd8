"""UTF-8 in text messages: all that is valid passes, all that is not closes with 1007."""

import pytest

from tests.conformance.raw_websocket import Frame, Opcode, RawWebSocket

VALID = [
    "Hello-µ@ßöäüàá-UTF-8!!".encode(),
    "κόσμε".encode(),
    # the first and last code point of each length
    b"\x00",
    b"\x7f",
    b"\xc2\x80",
    b"\xdf\xbf",
    b"\xe0\xa0\x80",
    b"\xef\xbf\xbf",
    b"\xf0\x90\x80\x80",
    b"\xf4\x8f\xbf\xbf",
    # around the surrogates, the replacement character, non-characters
    b"\xed\x9f\xbf",
    b"\xee\x80\x80",
    b"\xef\xbf\xbd",
    b"\xef\xbf\xbe",
    b"\xf0\x9f\xbf\xbe",
    b"\xf3\xaf\xbf\xbf",
]

INVALID = [
    # continuation bytes by themselves
    b"\x80",
    b"\xbf",
    b"\x80\xbf\x80",
    # lead bytes by themselves
    b"\xc2",
    b"\xc2 ",
    b"\xdf ",
    b"\xe0 ",
    b"\xef ",
    b"\xf0 ",
    b"\xf4 ",
    # a last continuation byte that is missing
    b"\xe0\xa0",
    b"\xf0\x90\x80",
    b"\xef\xbf",
    b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce",
    # bytes that no encoding has
    b"\xfe",
    b"\xff",
    b"\xc0",
    b"\xc1",
    b"\xf5",
    # overlong
    b"\xc0\xaf",
    b"\xe0\x80\xaf",
    b"\xf0\x80\x80\xaf",
    b"\xf8\x80\x80\x80\xaf",
    b"\xfc\x80\x80\x80\x80\xaf",
    b"\xc1\xbf",
    b"\xe0\x9f\xbf",
    b"\xf0\x8f\xbf\xbf",
    b"\xc0\x80",
    # surrogates, alone and in pairs
    b"\xed\xa0\x80",
    b"\xed\xaf\xbf",
    b"\xed\xb0\x80",
    b"\xed\xbf\xbf",
    b"\xed\xa0\x80\xed\xb0\x80",
    b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited",
    # beyond the last code point
    b"\xf4\x90\x80\x80",
    b"\xf8\x88\x80\x80\x80",
    b"\xfc\x84\x80\x80\x80\x80",
]


@pytest.mark.parametrize("text", VALID, ids=repr)
async def test_valid_text_comes_back(raw: RawWebSocket, text: bytes) -> None:
    await raw.send(Opcode.TEXT, text)

    assert await raw.receive_message() == (Opcode.TEXT, text)


@pytest.mark.parametrize("text", VALID, ids=repr)
async def test_a_character_may_be_cut_by_fragments(raw: RawWebSocket, text: bytes) -> None:
    for number, byte in enumerate(text):
        opcode = Opcode.CONTINUATION if number else Opcode.TEXT
        await raw.send(opcode, bytes([byte]), fin=number == len(text) - 1)

    assert await raw.receive_message() == (Opcode.TEXT, text)


@pytest.mark.parametrize("text", INVALID, ids=repr)
async def test_invalid_text_is_refused(raw: RawWebSocket, text: bytes) -> None:
    await raw.send(Opcode.TEXT, text)

    assert (await raw.closed_with())[0] == 1007


@pytest.mark.parametrize("text", INVALID, ids=repr)
async def test_invalid_text_behind_good_text_is_refused(raw: RawWebSocket, text: bytes) -> None:
    await raw.send(Opcode.TEXT, b"good" * 50 + text)

    assert (await raw.closed_with())[0] == 1007


@pytest.mark.parametrize("text", INVALID, ids=repr)
async def test_invalid_text_in_fragments_is_refused(raw: RawWebSocket, text: bytes) -> None:
    for number, byte in enumerate(text):
        await raw.send(Opcode.CONTINUATION if number else Opcode.TEXT, bytes([byte]), fin=False)
    await raw.send(Opcode.CONTINUATION)

    assert (await raw.closed_with())[0] == 1007


@pytest.mark.parametrize("text", INVALID, ids=repr)
async def test_binary_may_be_anything(raw: RawWebSocket, text: bytes) -> None:
    await raw.send(Opcode.BINARY, text)

    assert await raw.receive_message() == (Opcode.BINARY, text)


@pytest.mark.parametrize("text", [b"good\xff", b"\xed\xa0\x80", b"\xf4\x90", b"\xc0"], ids=repr)
async def test_invalid_text_is_refused_before_its_last_fragment(
    our_raw: RawWebSocket, text: bytes
) -> None:
    # The reference looks at whole messages; section 8.1 wants it seen when it is seen.
    await our_raw.send(Opcode.TEXT, text, fin=False)

    assert (await our_raw.closed_with())[0] == 1007


async def test_half_a_character_is_no_fault_before_the_last_fragment(raw: RawWebSocket) -> None:
    await raw.send(Opcode.TEXT, b"\xf0\x9f", fin=False)
    await raw.send(Opcode.PING, b"fine")
    assert await raw.receive_frame() == Frame(Opcode.PONG, b"fine")
    await raw.send(Opcode.CONTINUATION, b"\x98\x80")

    assert await raw.receive_message() == (Opcode.TEXT, "😀".encode())
