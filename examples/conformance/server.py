"""A server for conformance suites: Socket.IO, bare Engine.IO and a raw WebSocket echo on one port.

Options come by environment variable; times in milliseconds, sizes in bytes:
HOST PORT PING_INTERVAL PING_TIMEOUT MAX_PAYLOAD CONNECT_TIMEOUT HANDSHAKE_DELAY DENY HEADERS
RECOVERY. DENY refuses every handshake with 403; HEADERS is `Name: value` pairs, one a line.
"""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import uvicorn

from parley.socketio.asgi import Receive, Send
from parley.socketio.config import Config
from parley.socketio.engine import Engine
from parley.socketio.errors import Refusal
from parley.socketio.protocol.frames import Opcode, serialise
from parley.socketio.reasons import Reason
from parley.socketio.recovery import MemoryRecovery
from parley.socketio.request import Request
from parley.socketio.server import Server
from parley.socketio.session import Session
from parley.socketio.socket import Socket
from parley.socketio.websocket import WebSocket, protocol_class

Application = Callable[[Mapping[str, Any], Receive, Send], Awaitable[None]]


class EngineEcho:
    """Sends every Engine.IO message back."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def on_text(self, packet: bytes) -> None:
        self._session.send([packet])

    def on_binary(self, message: bytes) -> None:
        self._session.send([message])

    in_use = True

    def drain(self) -> None:
        """Has nothing under way."""

    def on_transport(self) -> None:
        """Sends through the session, whatever its transport."""

    def flush(self) -> None:
        """Keeps nothing back."""

    def on_end(self, reason: Reason) -> None:
        """Has nothing to clean up."""


class WebSocketEcho:
    """Sends every WebSocket message back; an endpoint whose connections share one handler each."""

    def on_upgrade(self, websocket: WebSocket, request: Request) -> None:
        websocket.accept(WebSocketEchoHandler())


class WebSocketEchoHandler:
    """One raw connection."""

    def __init__(self) -> None:
        self._write: Callable[[bytes], None] = print

    def on_text(self, message: bytes) -> None:
        self._write(serialise(Opcode.TEXT, message))

    def on_binary(self, message: bytes) -> None:
        self._write(serialise(Opcode.BINARY, message))

    def on_writer(self, write: Callable[[bytes], None], descriptor: int) -> None:
        self._write = write

    def on_lost(self, reason: Reason) -> None:
        """Has nothing to clean up."""


def offer_echo(server: Server, name: str) -> None:
    """Adds a namespace with the handlers that the suites expect."""
    namespace = server.namespace(name)

    def on_connect(socket: Socket) -> None:
        socket.emit("auth", socket.handshake.auth or {})

    def on_message(socket: Socket, *args: object) -> None:
        socket.emit("message-back", *args)

    def on_message_with_ack(_: Socket, *args: object) -> tuple[object, ...]:
        return args

    namespace.on_connect(on_connect)
    namespace.on("message", on_message)
    namespace.on("message-with-ack", on_message_with_ack)


def read_config(environment: Mapping[str, str]) -> Config:
    """Returns the settings of all three layers."""
    lines = environment.get("HEADERS", "").splitlines()
    headers = [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)]
    return Config(
        ping_interval=int(environment.get("PING_INTERVAL", "300")) / 1000,
        ping_timeout=int(environment.get("PING_TIMEOUT", "200")) / 1000,
        max_payload=int(environment.get("MAX_PAYLOAD", "1000000")),
        connect_timeout=int(environment.get("CONNECT_TIMEOUT", "1000")) / 1000,
        allowed_origins={"*"},
        response_headers=headers,
        recover_all=environment.get("RECOVERY", "0") == "1",
    )


def build(environment: Mapping[str, str]) -> tuple[Application, Callable[..., WebSocket]]:
    """Returns the ASGI application and the WebSocket protocol class."""
    config = read_config(environment)
    delay = int(environment.get("HANDSHAKE_DELAY", "0")) / 1000
    denied = environment.get("DENY", "0") == "1"

    async def admit(request: Request) -> Refusal | None:
        await asyncio.sleep(delay)
        return Refusal(403, b'{"code":4,"message":"Forbidden"}') if denied else None

    server = Server(config, MemoryRecovery(time.monotonic) if config.recover_all else None)
    engine = Engine(config, EngineEcho)
    for name in ("/", "/custom"):
        offer_echo(server, name)
    if delay or denied:
        server.admit = engine.admit = admit

    async def application(scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        polling = engine.asgi if scope["path"].startswith("/engine.io/") else server.asgi
        await polling(scope, receive, send)

    endpoints = {
        "/socket.io/": server.engine,
        "/engine.io/": engine,
        "/__ws_echo": WebSocketEcho(),
    }
    return application, protocol_class(endpoints, config)


def main() -> None:
    application, websockets = build(os.environ)
    uvicorn.run(
        application,
        host=os.environ.get("HOST", "127.0.0.1"),
        port=int(os.environ.get("PORT", "3000")),
        ws=websockets,
        lifespan="off",
        log_level="warning",
        access_log=False,
    )


if __name__ == "__main__":
    main()
