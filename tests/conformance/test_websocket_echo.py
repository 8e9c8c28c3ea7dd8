"""Messages of all lengths, text and binary, however the network cuts them (RFC 6455, 5.6)."""

import pytest

from tests.conformance.raw_websocket import Opcode, RawWebSocket, frame

SIZES = [0, 1, 2, 3, 4, 5, 124, 125, 126, 127, 128, 129, 65_534, 65_535, 65_536, 65_537, 131_072]
KINDS = [Opcode.TEXT, Opcode.BINARY]


def payload(opcode: int, size: int) -> bytes:
    return (b"*" if opcode == Opcode.TEXT else b"\xfe") * size


@pytest.mark.parametrize("opcode", KINDS)
@pytest.mark.parametrize("size", SIZES)
async def test_a_message_comes_back(raw: RawWebSocket, opcode: Opcode, size: int) -> None:
    await raw.send(opcode, payload(opcode, size))

    assert await raw.receive_message() == (opcode, payload(opcode, size))


@pytest.mark.parametrize("opcode", KINDS)
@pytest.mark.parametrize("size", [0, 1, 125, 126, 300])
async def test_a_message_may_come_octet_by_octet(
    raw: RawWebSocket, opcode: Opcode, size: int
) -> None:
    await raw.write_in_octets(frame(opcode, payload(opcode, size)))

    assert await raw.receive_message() == (opcode, payload(opcode, size))


@pytest.mark.parametrize("opcode", KINDS)
@pytest.mark.parametrize("step", [997, 1_000, 8_192, 65_536])
async def test_a_large_message_may_come_in_pieces(
    raw: RawWebSocket, opcode: Opcode, step: int
) -> None:
    data = frame(opcode, payload(opcode, 65_536 * 2 + 1))
    for start in range(0, len(data), step):
        await raw.write(data[start : start + step])

    assert await raw.receive_message() == (opcode, payload(opcode, 65_536 * 2 + 1))


@pytest.mark.parametrize("size", [5, 126, 65_536])
async def test_a_frame_may_be_cut_anywhere_in_its_header(raw: RawWebSocket, size: int) -> None:
    data = frame(Opcode.BINARY, payload(Opcode.BINARY, size))
    for cut in range(1, 16):
        await raw.write(data[:cut])
        await raw.write(data[cut:])

        assert await raw.receive_message() == (Opcode.BINARY, payload(Opcode.BINARY, size))


async def test_many_frames_may_come_in_one_piece(raw: RawWebSocket) -> None:
    messages = [str(number).encode() for number in range(200)]
    await raw.write(b"".join(frame(Opcode.TEXT, message) for message in messages))

    assert [await raw.receive_message() for _ in messages] == [
        (Opcode.TEXT, message) for message in messages
    ]


async def test_the_mask_may_be_zero(raw: RawWebSocket) -> None:
    await raw.write(b"\x81\x85\x00\x00\x00\x00hello")

    assert await raw.receive_message() == (Opcode.TEXT, b"hello")


@pytest.mark.parametrize("size", range(17))
async def test_masks_are_applied_at_any_length(raw: RawWebSocket, size: int) -> None:
    data = bytes(range(size))
    await raw.send(Opcode.BINARY, data)

    assert await raw.receive_message() == (Opcode.BINARY, data)


@pytest.mark.parametrize("data", [b"\x82\xfe\x00\x05", b"\x82\xff\x00\x00\x00\x00\x00\x00\x00\x05"])
async def test_a_length_in_a_longer_form_than_needed_is_read_or_refused(
    raw: RawWebSocket, data: bytes
) -> None:
    # Section 5.2 forbids the sender to; most servers read it all the same.
    await raw.write(data + b"\x00\x00\x00\x00hello")

    answer = await raw.receive_frame()
    refused = answer.opcode == Opcode.CLOSE and answer.payload[:2] == b"\x03\xea"
    assert refused or (answer.opcode, answer.payload) == (Opcode.BINARY, b"hello")
