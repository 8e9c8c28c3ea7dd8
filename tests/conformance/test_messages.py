"""Engine.IO messages, text and binary, over both transports."""

import asyncio
import base64

import pytest

from tests.conformance.servers import Server
from tests.conformance.wires import PATIENCE_SECONDS, engine_io, polling_wire

TEXTS = ["hello", "", "€ 漢字 😀 é", "line\nbreak \x00 and \u2028", '{"a":[1]}', "4", "b"]
BINARIES = [b"\x01\x02\x03\x04", b"", bytes(range(256)), b"\xff" * 70_000]


@pytest.mark.parametrize("text", TEXTS)
async def test_text_comes_back_as_it_was(server: Server, transport: str, text: str) -> None:
    async with engine_io(server, transport) as wire:
        await wire.send(f"4{text}")

        assert await wire.receive() == f"4{text}"


@pytest.mark.parametrize("data", BINARIES, ids=len)
async def test_binary_comes_back_as_it_was(server: Server, transport: str, data: bytes) -> None:
    async with engine_io(server, transport) as wire:
        await wire.send(data)

        assert await wire.receive() == data


async def test_a_large_text_comes_back_whole(server: Server, transport: str) -> None:
    text = "4" + "0123456789é" * 50_000
    async with engine_io(server, transport) as wire:
        await wire.send(text)

        assert await wire.receive() == text


async def test_one_post_may_carry_many_packets(server: Server) -> None:
    async with polling_wire(server) as wire:
        response = await wire.post("4one\x1ebAQID\x1e4three")

        assert (response.status_code, response.text) == (200, "ok")
        assert [await wire.receive() for _ in range(3)] == ["4one", b"\x01\x02\x03", "4three"]


async def test_an_answer_joins_packets_and_writes_binary_as_base64(server: Server) -> None:
    async with polling_wire(server) as wire:
        await wire.post("4one\x1eb" + base64.b64encode(b"\x00\xff").decode() + "\x1e4two")
        response = await wire.poll()

        assert response.text == "4one\x1ebAP8=\x1e4two"
        assert response.headers["content-type"].lower() == "text/plain; charset=utf-8"


async def test_packets_keep_their_order_over_many_posts(server: Server, transport: str) -> None:
    sent = [f"4{number}" for number in range(60)]
    async with engine_io(server, transport) as wire:
        for packet in sent:
            await wire.send(packet)

        assert [await wire.receive() for _ in sent] == sent


async def test_a_waiting_poll_is_answered_at_once(server: Server) -> None:
    async with polling_wire(server) as wire:
        poll = asyncio.create_task(wire.poll())
        await wire.send("4hello")
        async with asyncio.timeout(PATIENCE_SECONDS):
            response = await poll

        assert response.text == "4hello"


async def test_no_cache_may_keep_an_answer(server: Server) -> None:
    async with polling_wire(server) as wire:
        posted = await wire.post("4hello")
        polled = await wire.poll()

    assert posted.headers["cache-control"] == polled.headers["cache-control"] == "no-store"


async def test_an_answer_holds_at_most_sixteen_packets(ours: Server) -> None:
    # The reference sends all that waits; python-engineio's client refuses more than 16.
    sent = [f"4{number}" for number in range(40)]
    async with polling_wire(ours) as wire:
        await wire.send(*sent)
        received: list[str] = []
        while len(received) < len(sent):
            packets = (await wire.poll()).text.split("\x1e")
            assert len(packets) <= 16
            received += packets

    assert received == sent
