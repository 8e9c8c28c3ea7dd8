"""The closing handshake: codes, reasons, and what comes after it (RFC 6455, section 7)."""

import pytest

from tests.conformance.raw_websocket import Frame, Opcode, RawWebSocket, frame

VALID_CODES = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999]
INVALID_CODES = [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 1999, 2000, 2999, 5000, 65_535]


def close(code: int, reason: bytes = b"") -> bytes:
    return frame(Opcode.CLOSE, code.to_bytes(2) + reason)


@pytest.mark.parametrize("code", VALID_CODES)
async def test_a_close_is_answered_with_its_code(raw: RawWebSocket, code: int) -> None:
    await raw.write(close(code))

    assert (await raw.closed_with())[0] == code


@pytest.mark.parametrize("code", INVALID_CODES)
@pytest.mark.parametrize("reason", [b"", b"reason"])
async def test_a_code_that_nobody_may_send_is_refused(
    raw: RawWebSocket, code: int, reason: bytes
) -> None:
    await raw.write(close(code, reason))

    assert (await raw.closed_with())[0] == 1002


async def test_a_close_without_a_code_is_answered(raw: RawWebSocket) -> None:
    await raw.send(Opcode.CLOSE)

    assert (await raw.closed_with())[0] in {None, 1000}


async def test_half_a_code_is_refused(raw: RawWebSocket) -> None:
    await raw.send(Opcode.CLOSE, b"\x03")

    assert (await raw.closed_with())[0] == 1002


@pytest.mark.parametrize("reason", [b"going away", "κόσμε".encode(), b"*" * 123], ids=len)
async def test_a_close_may_have_a_reason(raw: RawWebSocket, reason: bytes) -> None:
    await raw.write(close(1000, reason))

    assert (await raw.closed_with())[0] == 1000


@pytest.mark.parametrize("reason", [b"\xff", b"\xce\xba\xe1\xbd\xb9\xed\xa0\x80"])
async def test_a_reason_must_be_utf8(raw: RawWebSocket, reason: bytes) -> None:
    await raw.write(close(1000, reason))

    assert (await raw.closed_with())[0] == 1007


async def test_a_reason_must_fit_a_control_frame(raw: RawWebSocket) -> None:
    await raw.write(close(1000, b"*" * 124))

    assert (await raw.closed_with())[0] == 1002


@pytest.mark.parametrize(
    "after",
    [
        close(1000),
        frame(Opcode.PING, b"late"),
        frame(Opcode.TEXT, b"late"),
        frame(Opcode.TEXT, b"late", rsv=7),
        frame(Opcode.CONTINUATION, b"late"),
    ],
)
async def test_what_comes_after_a_close_is_ignored(raw: RawWebSocket, after: bytes) -> None:
    await raw.write(close(1000) + after)

    assert await raw.closed_with() == (1000, b"")


async def test_what_came_before_a_close_is_answered(raw: RawWebSocket) -> None:
    await raw.write(frame(Opcode.TEXT, b"hello") + close(1000))

    assert await raw.receive_frame() == Frame(Opcode.TEXT, b"hello")
    assert await raw.closed_with() == (1000, b"")


async def test_a_large_message_before_a_close_is_answered_whole(raw: RawWebSocket) -> None:
    await raw.write(frame(Opcode.BINARY, b"\xfe" * 262_144) + close(1000))

    assert await raw.receive_message() == (Opcode.BINARY, b"\xfe" * 262_144)
    assert await raw.closed_with() == (1000, b"")


async def test_a_close_may_come_octet_by_octet(raw: RawWebSocket) -> None:
    await raw.write_in_octets(close(1000, b"slowly"))

    assert (await raw.closed_with())[0] == 1000
