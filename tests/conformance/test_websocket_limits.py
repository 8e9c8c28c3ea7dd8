"""Sizes at the edge of what is allowed, and connections that break off in the middle."""

import pytest

from tests.conformance.conftest import ECHO
from tests.conformance.raw_websocket import Opcode, RawWebSocket, frame
from tests.conformance.servers import Server

LIMIT = 1_000_000
SMALL = 10_000


async def test_a_message_of_exactly_the_limit_comes_back(raw: RawWebSocket) -> None:
    await raw.send(Opcode.BINARY, b"\xfe" * LIMIT)

    assert await raw.receive_message() == (Opcode.BINARY, b"\xfe" * LIMIT)


async def test_a_message_of_fragments_up_to_the_limit_comes_back(raw: RawWebSocket) -> None:
    part = b"\xfe" * (LIMIT // 10)
    await raw.send(Opcode.BINARY, part, fin=False)
    for number in range(9):
        await raw.send(Opcode.CONTINUATION, part, fin=number == 8)

    assert await raw.receive_message() == (Opcode.BINARY, part * 10)


async def test_a_frame_over_the_limit_is_refused_by_its_header(raw: RawWebSocket) -> None:
    await raw.send_header(Opcode.BINARY, LIMIT + 1)

    assert await raw.closed_with() == (1009, b"")


async def test_a_frame_over_the_limit_is_refused_while_it_comes(raw: RawWebSocket) -> None:
    await raw.send(Opcode.BINARY, b"\xfe" * (LIMIT + 1))

    assert await raw.closed_with() == (1009, b"")


async def test_fragments_over_the_limit_are_refused(small: Server) -> None:
    async with RawWebSocket.open(small, ECHO) as raw:
        await raw.send(Opcode.BINARY, b"\xfe" * SMALL, fin=False)
        await raw.send(Opcode.CONTINUATION, b"\xfe", fin=False)

        assert await raw.closed_with() == (1009, b"")


async def test_the_limit_counts_one_message_at_a_time(small: Server) -> None:
    async with RawWebSocket.open(small, ECHO) as raw:
        for _ in range(5):
            await raw.send(Opcode.BINARY, b"\xfe" * SMALL)
            assert await raw.receive_message() == (Opcode.BINARY, b"\xfe" * SMALL)


@pytest.mark.parametrize("cut", [1, 2, 5, 10])
async def test_a_connection_that_breaks_off_leaves_the_others_alone(
    server: Server, raw: RawWebSocket, cut: int
) -> None:
    async with RawWebSocket.open(server, ECHO) as broken:
        await broken.write(frame(Opcode.TEXT, b"0123456789")[:cut])
    await raw.send(Opcode.TEXT, b"still here")

    assert await raw.receive_message() == (Opcode.TEXT, b"still here")
