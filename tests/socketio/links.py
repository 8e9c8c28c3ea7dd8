"""Clients of a server in this process: its WebSocket protocol on a transport that is a list."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from parley.socketio.protocol.frames import FrameParser, Limits, Opcode, parse_close, serialise
from parley.socketio.server import Server

REQUEST = (
    "GET {target} HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{more}\r\n"
)


class Wire(asyncio.Transport):
    """What the server writes to. While stalled it takes no more, as a full kernel does."""

    def __init__(self) -> None:
        super().__init__()
        self.protocol: Any = None
        self.sent = bytearray()
        self.writes = 0
        self.kernel = bytearray()
        self.stalled = False
        self.reading = True
        self.closed = False
        self.aborted = False

    def write(self, data: Any) -> None:
        self.writes += 1
        if self.stalled:
            self.kernel += data
            self.protocol.pause_writing()
        else:
            self.sent += data

    def get_write_buffer_size(self) -> int:
        return len(self.kernel)

    def flow(self) -> None:
        """Takes what has waited, and more."""
        self.stalled = False
        self.sent += self.kernel
        self.kernel.clear()
        self.protocol.resume_writing()

    def take(self, size: int) -> None:
        """Takes some of what has waited, and stays full."""
        self.sent += self.kernel[:size]
        del self.kernel[:size]

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return ("192.0.2.1", 50000) if name == "peername" else default

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        pass

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            asyncio.get_running_loop().call_soon(self.protocol.connection_lost, None)

    def abort(self) -> None:
        self.aborted = True
        self.close()


class State:
    """What uvicorn hands to a protocol beside its settings."""

    def __init__(self) -> None:
        self.connections: set[Any] = set()


class Link:
    """One client's WebSocket connection."""

    def __init__(
        self, server: Server, target: str = "/socket.io/?EIO=4&transport=websocket", more: str = ""
    ) -> None:
        self.wire = Wire()
        self.protocol = server.websocket_protocol(config=None, server_state=State(), app_state=None)
        self.wire.protocol = self.protocol
        self.protocol.connection_made(self.wire)
        self.protocol.data_received(REQUEST.format(target=target, more=more).encode())
        self._seen = 0

    # --- sending

    def send(self, text: str | bytes) -> None:
        data = text.encode() if isinstance(text, str) else text
        self.raw(serialise(Opcode.TEXT, data, mask=b"mask"))

    def send_binary(self, data: bytes) -> None:
        self.raw(serialise(Opcode.BINARY, data, mask=b"mask"))

    def raw(self, data: bytes) -> None:
        if not self.wire.closed:
            self.protocol.data_received(data)

    def emit(self, event: str, *args: object, ack: int | None = None) -> None:
        self.send(f"42{'' if ack is None else ack}{json.dumps([event, *args])}")

    async def connect(self, auth: object = None, namespace: str = "/") -> dict[str, Any]:
        prefix = "" if namespace == "/" else namespace + ","
        self.send(f"40{prefix}{'' if auth is None else json.dumps(auth)}")
        await until(lambda: any(text.startswith(f"40{prefix}") for text in self.texts()))
        reply = next(text for text in self.texts() if text.startswith(f"40{prefix}"))
        return dict(json.loads(reply[len(prefix) + 2 :]))

    def drop(self) -> None:
        """Ends the connection as a network does: without a word."""
        self.wire.closed = True
        self.protocol.connection_lost(None)

    # --- receiving

    @property
    def head(self) -> str:
        """The HTTP answer."""
        return bytes(self.wire.sent).partition(b"\r\n\r\n")[0].decode()

    def frames(self, upto: int | None = None) -> list[tuple[int, bytes]]:
        """All whole frames among the first `upto` bytes that came after the answer's head."""
        stream = bytes(self.wire.sent).partition(b"\r\n\r\n")[2][:upto]
        return unmasked(stream)

    def texts(self, upto: int | None = None) -> list[str]:
        """All Engine.IO text packets so far, the handshake's first."""
        return [data.decode() for opcode, data in self.frames(upto) if opcode == Opcode.TEXT]

    def events(self, upto: int | None = None) -> list[Any]:
        """The arguments arrays of the events so far."""
        return [json.loads(text[2:]) for text in self.texts(upto) if text.startswith("42[")]

    @property
    def closed(self) -> tuple[int, str] | None:
        """Code and reason of the close frame, if there was one."""
        closes = [data for opcode, data in self.frames() if opcode == Opcode.CLOSE]
        return parse_close(closes[0]) if closes else None


class Answer:
    """What a polling request was answered with."""

    def __init__(self, messages: list[Any]) -> None:
        self.status: int = messages[0]["status"]
        self.headers = {k.decode(): v.decode() for k, v in messages[0]["headers"]}
        self.body: bytes = messages[1].get("body", b"")

    @property
    def packets(self) -> list[str]:
        return self.body.decode().split("\x1e")


class Poller:
    """One client's session over polling; `drop` ends the request that waits as a network does."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._dropped = asyncio.Event()
        self.sid = ""

    async def open(self) -> "Poller":
        answer = await self.request("GET")
        self.sid = json.loads(answer.body[1:])["sid"]
        return self

    async def request(
        self, method: str, body: bytes = b"", *, query: str = "", chunks: list[bytes] | None = None
    ) -> Answer:
        parts = [body] if chunks is None else list(chunks)
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            if parts:
                part = parts.pop(0)
                return {"type": "http.request", "body": part, "more_body": bool(parts)}
            await self._dropped.wait()
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        sid = f"&sid={self.sid}" if self.sid else ""
        scope = {
            "type": "http",
            "method": method,
            "path": "/socket.io/",
            "query_string": (query or f"EIO=4&transport=polling{sid}").encode(),
            "headers": [(b"host", b"here")],
            "client": ("192.0.2.1", 50000),
            "scheme": "http",
        }
        await self._server.asgi(scope, receive, send)
        return Answer(sent)

    async def poll(self) -> list[str]:
        return (await self.request("GET")).packets

    async def post(self, *packets: str) -> Answer:
        return await self.request("POST", "\x1e".join(packets).encode())

    def upgrade(self) -> Link:
        """Opens a WebSocket that asks to take the session over."""
        return Link(self._server, f"/socket.io/?EIO=4&transport=websocket&sid={self.sid}")

    def drop(self) -> None:
        self._dropped.set()


def unmasked(stream: bytes) -> list[tuple[int, bytes]]:
    """Parses a server's frames: masks them with zeros, which is what a client's parser is."""
    frames: list[tuple[int, bytes]] = []
    while len(stream) >= 2:
        size = stream[1]
        start = 2 if size < 126 else 4 if size == 126 else 10
        if size >= 126:
            size = int.from_bytes(stream[2:start])
        if len(stream) < start + size:
            break
        masked = bytes((stream[0], stream[1] | 0x80)) + stream[2:start] + bytes(4)
        frames += FrameParser(Limits(1 << 30, unmask=lambda data, _: data)).feed(
            masked + stream[start : start + size]
        )
        stream = stream[start + size :]
    return frames


async def tick() -> None:
    """Lets the loop finish what is to be done now: handlers' tasks, then the tick's writes."""
    for _ in range(6):
        await asyncio.sleep(0)


async def until(condition: Callable[[], object], turns: int = 1000) -> None:
    """Lets the loop turn, then time pass, until something is the case; fails if it never is."""
    for turn in range(turns):
        if condition():
            return
        await asyncio.sleep(0 if turn < turns // 2 else 0.005)
    raise AssertionError("it never came")
