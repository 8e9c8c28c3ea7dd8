"""The payload limit, over both transports, counted as the bytes come in."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.conformance.raw_websocket import Opcode, RawWebSocket
from tests.conformance.servers import Server
from tests.conformance.wires import PATIENCE_SECONDS, polling_wire, websocket_wire

LIMIT = 10_000
WEBSOCKET = "/engine.io/?EIO=4&transport=websocket"


async def pieces(*sizes: int) -> AsyncIterator[bytes]:
    for number, size in enumerate(sizes):
        yield (b"4" if number == 0 else b"") + b"a" * (size - (number == 0))


async def test_a_post_of_exactly_the_limit_is_accepted(small: Server) -> None:
    packet = "4" + "a" * (LIMIT - 1)
    async with polling_wire(small) as wire:
        await wire.send(packet)

        assert await wire.receive() == packet


async def test_a_post_over_the_limit_is_too_large(small: Server) -> None:
    async with polling_wire(small) as wire:
        response = await wire.post("4" + "a" * LIMIT)

        assert (response.status_code, response.content) == (413, b"")


async def test_the_limit_counts_bytes_and_not_characters(small: Server) -> None:
    async with polling_wire(small) as wire:
        response = await wire.post("4" + "é" * (LIMIT // 2))

        assert (response.status_code, response.content) == (413, b"")


async def test_a_chunked_post_of_exactly_the_limit_is_accepted(small: Server) -> None:
    async with polling_wire(small) as wire:
        response = await wire.http.post(wire.url, content=pieces(4_000, LIMIT - 4_000))

        assert (response.status_code, response.text) == (200, "ok")


async def test_a_chunked_post_is_cut_off_while_it_is_still_coming(small: Server) -> None:
    async with polling_wire(small) as wire:
        reader, writer = await asyncio.open_connection(small.host, small.port)
        chunk = b"1000\r\n" + b"4" * 0x1000 + b"\r\n"
        writer.write(
            f"POST {wire.url} HTTP/1.1\r\nHost: {small.host}\r\n"
            "Transfer-Encoding: chunked\r\n\r\n".encode()
            + chunk * 4
        )
        async with asyncio.timeout(PATIENCE_SECONDS):
            head = await reader.readuntil(b"\r\n\r\n")
        writer.close()

    assert head.startswith(b"HTTP/1.1 413 ")


async def test_a_message_of_exactly_the_limit_is_accepted(small: Server) -> None:
    packet = "4" + "a" * (LIMIT - 1)
    async with websocket_wire(small) as wire:
        await wire.send(packet)

        assert await wire.receive() == packet


@pytest.mark.parametrize(
    "packet", ["4" + "a" * LIMIT, "4" + "é" * (LIMIT // 2), b"a" * (LIMIT + 1)]
)
async def test_a_message_over_the_limit_closes_with_1009_and_no_reason(
    small: Server, packet: str | bytes
) -> None:
    async with websocket_wire(small) as wire:
        await wire.provoke(packet)
        await wire.ended()

        assert (wire.connection.close_code, wire.connection.close_reason) == (1009, "")


async def test_a_frame_is_refused_by_its_header(small: Server) -> None:
    async with RawWebSocket.open(small, WEBSOCKET) as raw:
        await raw.receive_frame()
        await raw.send_header(Opcode.TEXT, LIMIT + 1)

        assert await raw.closed_with() == (1009, b"")


async def test_fragments_count_together(small: Server) -> None:
    async with RawWebSocket.open(small, WEBSOCKET) as raw:
        await raw.receive_frame()
        await raw.send(Opcode.TEXT, b"4" + b"a" * (LIMIT // 2), fin=False)
        await raw.send(Opcode.CONTINUATION, b"a" * (LIMIT // 2))

        assert await raw.closed_with() == (1009, b"")


async def test_a_large_answer_is_no_fault(small: Server) -> None:
    # The limit is the client's: what the server sends may be as large as it likes.
    async with polling_wire(small) as wire:
        await wire.send("4" + "a" * 9_000)
        await wire.send("4" + "b" * 9_000)

        assert await wire.receive() == "4" + "a" * 9_000
        assert await wire.receive() == "4" + "b" * 9_000
