"""Engine.IO 4 as a client that sees every packet: one interface over both transports."""

import asyncio
import base64
import json
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.conformance.servers import Server

PATIENCE_SECONDS = 30.0
SEPARATOR = "\x1e"

Packet: TypeAlias = str | bytes


class EndedError(Exception):
    """The server has closed the session."""


class Wire(ABC):
    """A session; text packets as they are on the wire, binary messages as bytes."""

    def __init__(self, handshake: str) -> None:
        assert handshake[0] == "0", handshake
        self.handshake: dict[str, Any] = json.loads(handshake[1:])
        self.sid: str = self.handshake["sid"]

    @abstractmethod
    async def send(self, *packets: Packet) -> None:
        """Send packets that the server must accept."""

    @abstractmethod
    async def provoke(self, *packets: Packet) -> None:
        """Send packets to which the server may answer by closing."""

    @abstractmethod
    async def receive(self) -> Packet:
        """Wait for the next packet.

        Raises:
            EndedError: the server closed the session instead.
            TimeoutError: nothing came.
        """

    @abstractmethod
    async def ended(self) -> None:
        """Wait until the server has closed the session; fail if it sends anything else first."""

    @abstractmethod
    async def cut(self) -> None:
        """Break the connection off without a word, whatever is on its way."""


class WebSocketWire(Wire):
    def __init__(self, connection: ClientConnection, handshake: str) -> None:
        super().__init__(handshake)
        self.connection = connection

    async def send(self, *packets: Packet) -> None:
        for packet in packets:
            await self.connection.send(packet)

    async def provoke(self, *packets: Packet) -> None:
        try:
            await self.send(*packets)
        except ConnectionClosed:
            pass

    async def receive(self) -> Packet:
        return await receive(self.connection)

    async def ended(self) -> None:
        await closed(self.connection)

    async def cut(self) -> None:
        self.connection.transport.abort()


class PollingWire(Wire):
    def __init__(self, http: httpx.AsyncClient, path: str, handshake: str) -> None:
        super().__init__(handshake)
        self.http = http
        self.url = f"{path}?EIO=4&transport=polling&sid={self.sid}"
        self._received: deque[Packet] = deque()

    async def poll(self) -> httpx.Response:
        return await self.http.get(self.url)

    async def post(self, body: str) -> httpx.Response:
        return await self.http.post(self.url, content=body.encode())

    async def send(self, *packets: Packet) -> None:
        response = await self.post(encode_payload(*packets))
        assert (response.status_code, response.text) == (200, "ok")

    async def provoke(self, *packets: Packet) -> None:
        # Node drops the connection of a POST whose packets make it close the session.
        try:
            response = await self.post(encode_payload(*packets))
        except httpx.TransportError:
            return
        assert response.status_code in {200, 400}

    async def receive(self) -> Packet:
        while not self._received:
            response = await self.poll()
            if response.status_code != 200:
                assert response.status_code == 400
                raise EndedError
            self._received.extend(decode_payload(response.text))
        return self._received.popleft()

    async def ended(self) -> None:
        try:
            while (packet := await self.receive()) in {"1", "6"}:
                pass
        except EndedError:
            return
        raise AssertionError(f"expected the end of the session, got {packet!r}")

    async def cut(self) -> None:
        poll = asyncio.create_task(self.poll())
        await asyncio.sleep(0.01)  # the request is out; its answer, if any, is not read
        poll.cancel()
        # An answer that was under way is lost unnoticed, so tell the server of the end.
        await self.provoke("1")


def encode_payload(*packets: Packet) -> str:
    """Join packets for a POST: binary as `b` and base64."""
    return SEPARATOR.join(
        packet if isinstance(packet, str) else "b" + base64.b64encode(packet).decode()
        for packet in packets
    )


def decode_payload(body: str) -> list[Packet]:
    """Split a poll's answer into packets."""
    return [
        base64.b64decode(packet[1:]) if packet.startswith("b") else packet
        for packet in body.split(SEPARATOR)
    ]


async def receive(connection: ClientConnection) -> Packet:
    """Wait for the next message of a WebSocket.

    Raises:
        EndedError: the server closed it instead.
        TimeoutError: nothing came.
    """
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await connection.recv()
    except ConnectionClosed as error:
        raise EndedError from error


async def closed(connection: ClientConnection) -> None:
    """Wait until the server has closed a WebSocket; fail if it sends anything first."""
    try:
        packet = await receive(connection)
    except EndedError:
        return
    raise AssertionError(f"expected the end of the connection, got {packet!r}")


def http_client(server: Server) -> httpx.AsyncClient:
    """An HTTP client of that server that no proxy setting of the machine reaches."""
    return httpx.AsyncClient(
        base_url=server.http, timeout=PATIENCE_SECONDS, trust_env=False, verify=False
    )


@asynccontextmanager
async def websocket(server: Server, path: str) -> AsyncIterator[ClientConnection]:
    """A plain WebSocket: no extensions, no pings of its own, no limits."""
    async with connect(
        server.ws + path,
        compression=None,
        max_size=None,
        ping_interval=None,
        close_timeout=1,
        open_timeout=PATIENCE_SECONDS,
        proxy=None,
    ) as connection:
        yield connection


@asynccontextmanager
async def polling_wire(server: Server, path: str = "/engine.io/") -> AsyncIterator[PollingWire]:
    """A session over HTTP long-polling."""
    async with http_client(server) as http:
        response = await http.get(f"{path}?EIO=4&transport=polling")
        assert response.status_code == 200, response.text
        yield PollingWire(http, path, response.text)


@asynccontextmanager
async def websocket_wire(server: Server, path: str = "/engine.io/") -> AsyncIterator[WebSocketWire]:
    """A session over WebSocket from the start."""
    async with websocket(server, f"{path}?EIO=4&transport=websocket") as connection:
        yield WebSocketWire(connection, str(await receive(connection)))


@asynccontextmanager
async def engine_io(
    server: Server, transport: str, path: str = "/engine.io/"
) -> AsyncIterator[Wire]:
    """A session over the transport of that name."""
    opened = polling_wire if transport == "polling" else websocket_wire
    async with opened(server, path) as wire:
        yield wire


@asynccontextmanager
async def socket_io(server: Server, transport: str) -> AsyncIterator[Wire]:
    """A session at the Socket.IO server, with nothing connected yet."""
    async with engine_io(server, transport, "/socket.io/") as wire:
        yield wire


@asynccontextmanager
async def connected(server: Server, transport: str) -> AsyncIterator[Wire]:
    """A session connected to the main namespace, with what follows CONNECT read off."""
    async with socket_io(server, transport) as wire:
        await connect_namespace(wire, "/")
        yield wire


async def connect_namespace(wire: Wire, namespace: str) -> str:
    """Connect to a namespace without a payload and give the socket's id."""
    prefix = "" if namespace == "/" else f"{namespace},"
    await wire.send(f"40{prefix}")
    reply = str(await wire.receive())
    assert reply.startswith(f"40{prefix}"), reply
    assert await wire.receive() == f'42{prefix}["auth",{{}}]'
    sid: str = json.loads(reply[len(f"40{prefix}") :])["sid"]
    return sid
