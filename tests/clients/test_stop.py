"""A graceful stop: cuts spread over time that bring clients back, and 503 for newcomers.

Ours alone: the reference closes everything at once and stops listening.
"""

import asyncio
import signal
import time
from collections.abc import Iterator

import httpx
import pytest

from tests.clients.conftest import COMMANDS, HEARTBEATS
from tests.conformance.raw_websocket import Frame, Opcode, RawWebSocket
from tests.conformance.servers import Server, running
from tests.conformance.wires import PATIENCE_SECONDS, http_client

WEBSOCKET = "/socket.io/?EIO=4&transport=websocket"
POLLING = "/socket.io/?EIO=4&transport=polling"
CLIENTS = 10
SPREAD_SECONDS = 1.0


@pytest.fixture
def stopping() -> Iterator[Server]:
    spread = str(int(SPREAD_SECONDS * 1000))
    with running("ours", COMMANDS["ours"], HEARTBEATS | {"SPREAD": spread}) as server:
        yield server


async def close_frame(raw: RawWebSocket) -> Frame:
    """Answer the close as a client does, and pass over heartbeats."""
    while (frame := await raw.receive_frame()).opcode != Opcode.CLOSE:
        pass
    await raw.send(Opcode.CLOSE, frame.payload)
    return frame


async def test_every_websocket_is_closed_with_1012_over_the_spread(stopping: Server) -> None:
    async def one() -> tuple[Frame, float]:
        async with RawWebSocket.open(stopping, WEBSOCKET) as raw:
            await raw.receive_frame()
            opened.release()
            frame = await close_frame(raw)
            return frame, time.monotonic()

    opened = asyncio.Semaphore(0)
    tasks = [asyncio.create_task(one()) for _ in range(CLIENTS)]
    for _ in tasks:
        await opened.acquire()
    began = time.monotonic()
    stopping.process.send_signal(signal.SIGTERM)
    closed = await asyncio.gather(*tasks)

    assert {frame.payload[:2] for frame, _ in closed} == {(1012).to_bytes(2)}
    times = sorted(at - began for _, at in closed)
    assert times[0] < SPREAD_SECONDS / 2
    assert SPREAD_SECONDS / 2 < times[-1] < SPREAD_SECONDS + 1


async def test_newcomers_get_503_while_it_goes_down(stopping: Server) -> None:
    async with http_client(stopping) as http, RawWebSocket.open(stopping, WEBSOCKET) as raw:
        await raw.receive_frame()
        assert (await http.get(POLLING)).status_code == 200
        async with RawWebSocket.open(stopping, WEBSOCKET) as other:
            await other.receive_frame()
            stopping.process.send_signal(signal.SIGTERM)
            closings = [asyncio.create_task(close_frame(each)) for each in (raw, other)]
            await asyncio.wait(closings, return_when=asyncio.FIRST_COMPLETED)
            response = await http.get(POLLING)
            await asyncio.gather(*closings)

    assert response.status_code == 503
    assert "retry-after" in response.headers


async def test_a_waiting_poll_is_answered_when_it_goes_down(stopping: Server) -> None:
    async with http_client(stopping) as http:
        opened = await http.get(POLLING)
        sid = opened.text.split('"')[3]
        poll = asyncio.create_task(http.get(f"{POLLING}&sid={sid}"))
        assert (await http.post(f"{POLLING}&sid={sid}", content=b"40")).text == "ok"
        assert (await poll).text.startswith("40{")
        poll = asyncio.create_task(until_no_heartbeat(http, f"{POLLING}&sid={sid}"))
        stopping.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(PATIENCE_SECONDS):
            response = await poll

    assert response.text == "1" or response.status_code >= 400


async def until_no_heartbeat(http: httpx.AsyncClient, url: str) -> httpx.Response:
    while (response := await http.get(url)).text == "2":
        await http.post(url, content=b"3")
    return response
