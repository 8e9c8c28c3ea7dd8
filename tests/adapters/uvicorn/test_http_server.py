"""What becomes of HTTP requests that do not come to an end."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

from parley.adapters.uvicorn.http_server import HttpServer, listen
from parley.adapters.uvicorn.requests import MOST_HEAD_BYTES
from parley.socketio.config import Config
from parley.socketio.server import Server

SHORT = 0.05
ENOUGH = 1.0
"""What a request that is sent at once takes at most, on a machine with other things to do."""

LONG = 3600.0
PATIENCE = 30
HEAD = b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 5\r\n\r\n"
GET = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"
PART = b"x" * 16_000_000
LATE = b"HTTP/1.1 408 Request Timeout\r\n"
TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\n"


class App:
    """Answers with the body that it was sent."""

    def __init__(self) -> None:
        self.dropped = asyncio.Event()
        self.read = asyncio.Event()
        self.read.set()

    async def __call__(self, _scope: Any, receive: Callable[[], Any], send: Any) -> None:
        await self.read.wait()
        body = b""
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.dropped.set()
                return
            body += message["body"]
            if not message["more_body"]:
                break
        headers = [(b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


@asynccontextmanager
async def serving(app: Any, **seconds: float) -> AsyncIterator[int]:
    async with started(app, **seconds) as (_, port):
        yield port


@asynccontextmanager
async def started(
    app: Any, head: float = LONG, body: float = LONG, answer: float = LONG
) -> AsyncIterator[tuple[HttpServer, int]]:
    sockets = Server(Config(handshake_timeout=head))
    server = HttpServer(
        app,
        sockets.websocket_protocol,
        sockets.http_protocol,
        head_seconds=head,
        body_seconds=body,
        answer_seconds=answer,
    )
    listener = listen("127.0.0.1", 0)
    await server.start(listener)
    yield server, listener.getsockname()[1]
    await server.stop(within_seconds=1)


async def drip(writer: asyncio.StreamWriter, part: bytes) -> None:
    """One part after another, until the server has enough of it."""
    while not writer.is_closing():
        writer.write(part)
        await asyncio.sleep(SHORT / 10)


async def until_cut(port: int, begin: bytes, part: bytes) -> bytes:
    """What the server said before it ended a connection that began so and went on with such parts."""
    async with asyncio.timeout(PATIENCE):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(begin)
        dripping = asyncio.create_task(drip(writer, part))
        try:
            said = b""
            while part := await reader.read(65_536):
                said += part
        except ConnectionResetError:
            pass
        finally:
            dripping.cancel()
            writer.close()
        return said


async def test_a_connection_that_sends_nothing_is_cut() -> None:
    async with serving(App(), head=SHORT) as port:
        assert await until_cut(port, b"", b"") == b""


@pytest.mark.parametrize(
    ("begin", "part"),
    [
        pytest.param(b"G", b"", id="that stops after a byte"),
        pytest.param(b"GET / HTTP/1.1\r\n", b"x: y\r\n", id="that never ends"),
        pytest.param(b"\r\n", b"\r\n", id="before which nothing but line ends comes"),
    ],
)
async def test_a_head_that_does_not_end_is_refused(begin: bytes, part: bytes) -> None:
    async with serving(App(), head=SHORT) as port:
        assert (await until_cut(port, begin, part)).startswith(LATE)


@pytest.mark.parametrize(
    ("begin", "part"),
    [
        pytest.param(b"GET / HTTP/1.1\r\n", b"x: y\r\n", id="of many headers"),
        pytest.param(b"GET / HTTP/1.1\r\nx: ", b"y", id="of one header"),
        pytest.param(b"GET /", b"y", id="of the path"),
        pytest.param(HEAD + b"hello" + b"GET / HTTP/1.1\r\n", b"x: y\r\n", id="of a later request"),
    ],
)
async def test_a_head_that_is_too_large_is_refused(begin: bytes, part: bytes) -> None:
    async with serving(App()) as port:
        assert TOO_LARGE in await until_cut(port, begin, part * 1000)


CHUNKED = HEAD.replace(b"Content-Length: 5", b"Transfer-Encoding: chunked")


@pytest.mark.parametrize(
    "begin",
    [
        pytest.param(CHUNKED + b"5\r\nhello\r\n0\r\n", id="trailers"),
        pytest.param(
            HEAD + b"hello" + HEAD.removesuffix(b"\r\n"),
            id="a head behind one that is being answered",
        ),
    ],
)
async def test_what_else_is_kept_of_a_request_is_bounded_too(begin: bytes) -> None:
    app = App()
    app.read.clear()
    async with serving(app) as port:
        assert await until_cut(port, begin.removesuffix(b"\r\n"), b"\r\nx: y" * 1000) == b""
        app.read.set()


async def test_bodies_may_be_larger_than_heads() -> None:
    size = MOST_HEAD_BYTES * 3
    body = b"%x\r\n" % size + b"x" * size + b"\r\n0\r\n\r\n"
    head = HEAD.replace(b"Content-Length: 5", b"Content-Length: %d" % size)
    async with serving(App()) as port, asyncio.timeout(PATIENCE):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for request in (head + b"x" * size, CHUNKED + body):
            writer.write(request)
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
            assert await reader.readexactly(size) == b"x" * size
        writer.close()


async def test_so_it_is_with_a_later_request_of_a_connection() -> None:
    async with serving(App(), head=ENOUGH) as port:
        said = await until_cut(port, HEAD + b"hello" + b"GET / HTTP/1.1\r\n", b"x: y\r\n")
    answer, late, _ = said.partition(LATE)
    assert answer.endswith(b"hello")
    assert late


async def test_a_body_that_does_not_end_is_cut_and_who_reads_it_is_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = App()
    begin = HEAD.replace(b"5", b"1000000")
    with caplog.at_level(logging.INFO):
        async with serving(app, body=SHORT) as port:
            assert await until_cut(port, begin, b"x") == b""
            await asyncio.wait_for(app.dropped.wait(), PATIENCE)
    assert [line for line in caplog.messages if "Exception" in line] == []


async def test_an_answer_may_take_longer_than_its_request() -> None:
    app = App()
    app.read.clear()
    async with serving(app, head=ENOUGH, body=ENOUGH) as port, asyncio.timeout(PATIENCE):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(HEAD + b"hello")
        late = asyncio.create_task(until_cut(port, b"G", b""))  # by then its time has passed too
        await late
        app.read.set()
        assert (await reader.readuntil(b"hello")).startswith(b"HTTP/1.1 200 ")
        writer.close()


async def test_time_in_which_the_server_reads_nothing_is_not_the_clients() -> None:
    app = App()
    app.read.clear()
    body = b"x" * 4_000_000
    async with serving(app, body=ENOUGH) as port, asyncio.timeout(PATIENCE):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(HEAD.replace(b"5", b"%d" % len(body)) + body)
        await until_cut(port, HEAD, b"")
        await until_cut(port, HEAD, b"")
        app.read.set()
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 ")
        assert await reader.readexactly(len(body)) == body
        writer.close()


class Large:
    """Answers with more than the kernel takes, and says when it is done with the request."""

    def __init__(self, parts: int, headers: list[tuple[bytes, bytes]]) -> None:
        self._parts = parts
        self._headers = [(b"content-length", b"%d" % (parts * len(PART))), *headers]
        self.done = asyncio.Event()

    async def __call__(self, _scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self._headers})
        for number in range(1, self._parts + 1):
            more = number < self._parts
            await send({"type": "http.response.body", "body": PART, "more_body": more})
        self.done.set()


@pytest.mark.parametrize(
    ("parts", "headers"),
    [
        pytest.param(1, [], id="whole"),
        pytest.param(1, [(b"connection", b"close")], id="the last one"),
        pytest.param(2, [], id="of which more is to come"),
    ],
)
async def test_a_connection_that_does_not_read_its_answer_is_cut(
    parts: int, headers: list[tuple[bytes, bytes]]
) -> None:
    app = Large(parts, headers)
    async with serving(app, answer=SHORT) as port, asyncio.timeout(PATIENCE):
        with socket.create_connection(("127.0.0.1", port)) as deaf:
            deaf.setblocking(False)
            loop = asyncio.get_running_loop()
            await loop.sock_sendall(deaf, GET)
            await app.done.wait()
            await until_reset(deaf)


async def until_reset(deaf: socket.socket) -> None:
    """Return once a write finds the connection cut; it reads nothing."""
    loop = asyncio.get_running_loop()
    with suppress(OSError):
        while True:
            await loop.sock_sendall(deaf, b"x")
            await asyncio.sleep(SHORT / 10)


async def test_a_connection_that_reads_slowly_gets_all_of_its_answer() -> None:
    async with started(Large(1, [])) as (server, port), asyncio.timeout(PATIENCE):
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**16)
        writer.write(GET)
        await reader.readuntil(b"\r\n\r\n")
        (connection,) = server._server.server_state.connections
        for _ in range(8):
            assert len(await reader.readexactly(len(PART) // 8)) == len(PART) // 8
            connection.answer_unread()
        connection.answer_unread()
        assert not connection.transport.is_closing()
        writer.close()


async def test_upgrades_that_came_in_parts_stay_open() -> None:
    key = b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    head = (
        b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: here\r\n"
        b"Upgrade: websocket\r\nConnection: Upgrade\r\n"
    )
    async with serving(App(), head=ENOUGH, body=ENOUGH) as port, asyncio.timeout(PATIENCE):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head)
        writer.write(key)
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
        await until_cut(port, b"G", b"")
        writer.write(b"\x88\x80\x00\x00\x00\x00")  # a close frame, masked (RFC 6455, 5.5.1)
        assert b"\x88" in await reader.read()
        writer.close()
