"""Pings and pongs (RFC 6455, sections 5.5.2 and 5.5.3)."""

import pytest

from tests.conformance.raw_websocket import Frame, Opcode, RawWebSocket, frame

PAYLOADS = [b"", b"hello", b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff", b"\xfe" * 125]


@pytest.mark.parametrize("payload", PAYLOADS, ids=len)
async def test_a_ping_is_answered_with_its_payload(raw: RawWebSocket, payload: bytes) -> None:
    await raw.send(Opcode.PING, payload)

    assert await raw.receive_frame() == Frame(Opcode.PONG, payload)


@pytest.mark.parametrize("payload", PAYLOADS, ids=len)
async def test_a_ping_may_come_octet_by_octet(raw: RawWebSocket, payload: bytes) -> None:
    await raw.write_in_octets(frame(Opcode.PING, payload))

    assert await raw.receive_frame() == Frame(Opcode.PONG, payload)


@pytest.mark.parametrize("opcode", [Opcode.PING, Opcode.PONG, Opcode.CLOSE])
@pytest.mark.parametrize("size", [126, 65_536])
async def test_a_control_frame_of_more_than_125_bytes_is_refused(
    raw: RawWebSocket, opcode: Opcode, size: int
) -> None:
    await raw.send_header(opcode, size)

    assert (await raw.closed_with())[0] == 1002


@pytest.mark.parametrize("payload", PAYLOADS, ids=len)
async def test_an_unasked_pong_is_ignored(raw: RawWebSocket, payload: bytes) -> None:
    await raw.send(Opcode.PONG, payload)
    await raw.send(Opcode.PING, b"after")

    assert await raw.receive_frame() == Frame(Opcode.PONG, b"after")


@pytest.mark.parametrize("octets", [False, True])
async def test_ten_pings_are_answered_in_order(raw: RawWebSocket, octets: bool) -> None:
    payloads = [f"payload-{number}".encode() for number in range(10)]
    data = b"".join(frame(Opcode.PING, payload) for payload in payloads)
    await (raw.write_in_octets(data) if octets else raw.write(data))

    assert [await raw.receive_frame() for _ in payloads] == [
        Frame(Opcode.PONG, payload) for payload in payloads
    ]


@pytest.mark.parametrize("opcode", [Opcode.PING, Opcode.PONG, Opcode.CLOSE])
async def test_a_control_frame_is_never_fragmented(raw: RawWebSocket, opcode: Opcode) -> None:
    await raw.send(opcode, b"", fin=False)

    assert (await raw.closed_with())[0] == 1002
