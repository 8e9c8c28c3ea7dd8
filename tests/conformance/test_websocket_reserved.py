"""Reserved bits, opcodes and lengths, and frames without a mask (RFC 6455, 5.1 and 5.2)."""

import pytest

from tests.conformance.raw_websocket import Frame, Opcode, RawWebSocket, frame

RESERVED_OPCODES = [3, 4, 5, 6, 7, 11, 12, 13, 14, 15]
ALL = [Opcode.TEXT, Opcode.BINARY, Opcode.PING, Opcode.PONG, Opcode.CLOSE]


@pytest.mark.parametrize("rsv", range(1, 8))
@pytest.mark.parametrize("opcode", ALL)
async def test_a_reserved_bit_is_refused(raw: RawWebSocket, opcode: Opcode, rsv: int) -> None:
    await raw.send(opcode, b"", rsv=rsv)

    assert (await raw.closed_with())[0] == 1002


@pytest.mark.parametrize("opcode", RESERVED_OPCODES)
@pytest.mark.parametrize("payload", [b"", b"reserved"])
async def test_a_reserved_opcode_is_refused(raw: RawWebSocket, opcode: int, payload: bytes) -> None:
    await raw.send(opcode, payload)

    assert (await raw.closed_with())[0] == 1002


@pytest.mark.parametrize("octets", [False, True])
@pytest.mark.parametrize("bad", [frame(Opcode.TEXT, b"x", rsv=4), frame(5, b"x"), frame(13)])
async def test_what_came_before_the_fault_is_served(
    raw: RawWebSocket, bad: bytes, octets: bool
) -> None:
    data = frame(Opcode.TEXT, b"hello") + bad + frame(Opcode.PING)
    await (raw.write_in_octets(data) if octets else raw.write(data))

    assert await raw.receive_frame() == Frame(Opcode.TEXT, b"hello")
    assert (await raw.closed_with())[0] == 1002


@pytest.mark.parametrize("opcode", ALL)
async def test_a_frame_without_a_mask_is_refused(raw: RawWebSocket, opcode: Opcode) -> None:
    await raw.write(frame(opcode, b"", masked=False))

    assert (await raw.closed_with())[0] == 1002


async def test_a_fragment_without_a_mask_is_refused(raw: RawWebSocket) -> None:
    await raw.send(Opcode.TEXT, b"one", fin=False)
    await raw.write(frame(Opcode.CONTINUATION, b"two", masked=False))

    assert (await raw.closed_with())[0] == 1002


@pytest.mark.parametrize("length", [1 << 63, (1 << 63) + 5, (1 << 64) - 1, (1 << 63) - 1, 1 << 53])
async def test_a_length_that_nothing_has_is_refused(raw: RawWebSocket, length: int) -> None:
    await raw.send_header(Opcode.BINARY, length)

    assert (await raw.closed_with())[0] in {1002, 1009}
