"""Garbage of a fixed seed over every door: a bystander notices nothing, the log has no traceback."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from urllib.parse import quote

import httpx
import pytest

from tests.conformance.conftest import ECHO
from tests.conformance.raw_websocket import RawWebSocket, frame
from tests.conformance.servers import Server
from tests.conformance.wires import connected, http_client, polling_wire

CLIENTS = 200
AT_ONCE = 10
SEED = 20_240_501

PACKETS = [
    b"40",
    b'40/custom,{"token":"x"}',
    b"41",
    b'42["message",1,"two",{"three":[true,null]}]',
    b'4217["message-with-ack",{"a":"\xc3\xa9"}]',
    b'42/custom,["message"]',
    b'430["x"]',
    b'451-["message",{"_placeholder":true,"num":0}]',
    b"bAQID",
    b"1",
    b"2",
    b"3probe",
    b"5",
    b"6",
]


def garbled(chance: random.Random, data: bytes) -> bytes:
    """Cut, double, shuffle or overwrite some of it."""
    for _ in range(chance.randint(1, 3)):
        start = chance.randrange(len(data) + 1)
        end = min(len(data), start + chance.randint(0, 4))
        inserted = chance.choice(
            [b"", data[start:end] * 2, chance.randbytes(2), b"\x1e", b"[", b'"', b"-", b"9"]
        )
        data = data[:start] + inserted + data[end:]
    return data


async def in_turns(count: int, one: Callable[[random.Random], Awaitable[None]]) -> None:
    """Run it so many times, a few at once, each with chances of its own."""
    turns = asyncio.Semaphore(AT_ONCE)

    async def turn(number: int) -> None:
        async with turns:
            await one(random.Random(SEED + number))

    await asyncio.gather(*(turn(number) for number in range(count)))


async def test_garbled_websocket_messages_hurt_nobody_else(server: Server) -> None:
    async def one(chance: random.Random) -> None:
        async with RawWebSocket.open(server, "/socket.io/?EIO=4&transport=websocket") as raw:
            await raw.write(frame(1, b"40"))
            for _ in range(3):
                opcode = chance.choice([1, 1, 1, 2])
                await raw.write(frame(opcode, garbled(chance, chance.choice(PACKETS))))

    async with connected(server, "websocket") as bystander:
        await in_turns(CLIENTS, one)
        await bystander.send('42["message","still here"]')

        assert await bystander.receive() == '42["message-back","still here"]'


async def test_garbled_frames_hurt_nobody_else(server: Server) -> None:
    async def one(chance: random.Random) -> None:
        async with RawWebSocket.open(server, ECHO) as raw:
            data = b"".join(frame(chance.choice([0, 1, 2, 9]), PACKETS[3]) for _ in range(3))
            await raw.write(garbled(chance, data))

    async with connected(server, "websocket") as bystander:
        await in_turns(CLIENTS, one)
        await bystander.send('42["message","still here"]')

        assert await bystander.receive() == '42["message-back","still here"]'


async def test_garbled_posts_hurt_nobody_else(server: Server) -> None:
    async def one(chance: random.Random) -> None:
        body = b"\x1e".join(garbled(chance, chance.choice(PACKETS)) for _ in range(3))
        async with polling_wire(server, "/socket.io/") as wire:
            await wire.send("40")
            try:
                response = await wire.http.post(wire.url, content=body)
            except httpx.TransportError:
                assert server.kind == "reference"
            else:
                assert response.status_code in {200, 400}

    async with connected(server, "polling") as bystander:
        await in_turns(CLIENTS, one)
        await bystander.send('42["message","still here"]')

        assert await bystander.receive() == '42["message-back","still here"]'


async def test_garbled_queries_get_an_answer(server: Server) -> None:
    async def one(chance: random.Random) -> None:
        query = garbled(chance, b"EIO=4&transport=polling&sid=abc&t=%C3%A9")
        async with http_client(server) as http:
            response = await http.get(f"/socket.io/?{quote(query, safe='=&%')}")
        assert response.status_code in {200, 400}

    await in_turns(CLIENTS // 2, one)


@pytest.mark.parametrize("body", [b"4\xff", b"4\xed\xa0\x80", b"4a\x1e4\xc3"])
async def test_a_post_that_is_no_utf8_ends_the_session(ours: Server, body: bytes) -> None:
    # The reference puts replacement characters where the bytes make no sense.
    async with polling_wire(ours) as wire:
        response = await wire.http.post(wire.url, content=body)

        assert response.status_code == 400
        assert (await wire.poll()).text == '{"code":1,"message":"Session ID unknown"}'
