"""A WebSocket client that may break every rule of RFC 6455, and reads frames as they come."""

import asyncio
import base64
import hashlib
import os
import struct
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import IntEnum

from tests.conformance.servers import Server
from tests.conformance.wires import PATIENCE_SECONDS

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
MASK = b"\x12\x34\x56\x78"


class Opcode(IntEnum):
    CONTINUATION = 0x0
    TEXT = 0x1
    BINARY = 0x2
    CLOSE = 0x8
    PING = 0x9
    PONG = 0xA


@dataclass(frozen=True)
class Frame:
    opcode: int
    payload: bytes
    fin: bool = True
    rsv: int = 0


class RawWebSocket:
    """An upgraded connection; closing it is the server's business and is watched."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, response: str
    ) -> None:
        self.reader = reader
        self.writer = writer
        self.response = response

    @staticmethod
    @asynccontextmanager
    async def open(
        server: Server, path: str, headers: Mapping[str, str] | None = None
    ) -> AsyncIterator["RawWebSocket"]:
        """Upgrade, and check the server's half of the handshake (RFC 6455, section 4.2.2)."""
        key = base64.b64encode(os.urandom(16)).decode()
        fields = {"Sec-WebSocket-Key": key, "Sec-WebSocket-Version": "13"} | dict(headers or {})
        async with raw_upgrade(server, path, fields) as raw:
            accept = base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()
            assert raw.response.startswith("HTTP/1.1 101 "), raw.response
            assert f"sec-websocket-accept: {accept}".lower() in raw.response.lower()
            yield raw

    async def send(
        self, opcode: int, payload: bytes = b"", *, fin: bool = True, rsv: int = 0
    ) -> None:
        """Send one frame, masked as a client must."""
        await self.write(frame(opcode, payload, fin=fin, rsv=rsv))

    async def send_header(self, opcode: int, length: int) -> None:
        """Announce a frame of that length and send none of its payload."""
        await self.write(bytes([0x80 | opcode]) + length_bytes(length, masked=True) + MASK)

    async def write(self, data: bytes) -> None:
        """Send bytes as they are; that the server has closed already shows at reading."""
        self.writer.write(data)
        try:
            await self.writer.drain()
        except ConnectionError:
            pass

    async def write_in_octets(self, data: bytes) -> None:
        """Send bytes one by one, each its own segment where the network allows."""
        for number in range(len(data)):
            await self.write(data[number : number + 1])
            await asyncio.sleep(0)

    async def receive_frame(self) -> Frame:
        """Read one frame; the server's frames are never masked (section 5.1)."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            first, second = await self.reader.readexactly(2)
            assert not second & 0x80, "a server must not mask its frames"
            length = second & 0x7F
            if length == 126:
                (length,) = struct.unpack("!H", await self.reader.readexactly(2))
            elif length == 127:
                (length,) = struct.unpack("!Q", await self.reader.readexactly(8))
            payload = await self.reader.readexactly(length)
        return Frame(first & 0x0F, payload, bool(first & 0x80), (first >> 4) & 7)

    async def receive_message(self) -> tuple[int, bytes]:
        """Read one message, joined from its fragments, with no control frame between."""
        part = await self.receive_frame()
        opcode, payload = part.opcode, part.payload
        while not part.fin:
            part = await self.receive_frame()
            assert part.opcode == Opcode.CONTINUATION
            payload += part.payload
        return opcode, payload

    async def closed_with(self) -> tuple[int | None, bytes]:
        """Read the server's close frame as (code, reason), and the end of the TCP stream."""
        last = await self.receive_frame()
        assert last.opcode == Opcode.CLOSE, last
        await self.send(Opcode.CLOSE, last.payload[:2])
        await self.ended()
        if not last.payload:
            return None, b""
        (code,) = struct.unpack("!H", last.payload[:2])
        return code, last.payload[2:]

    async def ended(self) -> None:
        """Wait for the end of the stream; fail if anything comes before it."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            try:
                rest = await self.reader.read()
            except ConnectionError:
                return
        assert rest == b"", rest


def frame(
    opcode: int, payload: bytes = b"", *, fin: bool = True, rsv: int = 0, masked: bool = True
) -> bytes:
    """Serialise a frame, valid or not (section 5.2)."""
    first = (0x80 if fin else 0) | rsv << 4 | opcode
    head = bytes([first]) + length_bytes(len(payload), masked=masked)
    if not masked:
        return head + payload
    key = (MASK * (len(payload) // 4 + 1))[: len(payload)]
    masked_payload = int.from_bytes(payload) ^ int.from_bytes(key)
    return head + MASK + masked_payload.to_bytes(len(payload))


def length_bytes(length: int, *, masked: bool) -> bytes:
    """The length field in its shortest form."""
    bit = 0x80 if masked else 0
    if length < 126:
        return bytes([bit | length])
    if length < 1 << 16:
        return bytes([bit | 126]) + struct.pack("!H", length)
    return bytes([bit | 127]) + struct.pack("!Q", length)


@asynccontextmanager
async def raw_upgrade(
    server: Server, path: str, fields: Mapping[str, str]
) -> AsyncIterator[RawWebSocket]:
    """Ask for an upgrade with these fields; the answer's head is in `response`, whatever it is."""
    reader, writer = await asyncio.open_connection(server.host, server.port)
    base = {"Host": f"{server.host}:{server.port}", "Upgrade": "websocket", "Connection": "Upgrade"}
    lines = [f"{name}: {value}" for name, value in (base | dict(fields)).items() if value]
    request = "\r\n".join([f"GET {path} HTTP/1.1", *lines, "", ""])
    writer.write(request.encode())
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            head = await reader.readuntil(b"\r\n\r\n")
        yield RawWebSocket(reader, writer, head.decode("latin-1"))
    finally:
        writer.close()
        try:
            await writer.wait_closed()
        except ConnectionError:
            pass
