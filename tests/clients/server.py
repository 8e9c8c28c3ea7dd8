"""A server that offers what the scenarios of tests/js ask for, on the socketio package alone.

HOST PORT PING_INTERVAL PING_TIMEOUT SPREAD (ms), RECOVERY=1 and DEFLATE=1 come by environment
variable; SPREAD is how long the cuts of a graceful stop take. With DEFLATE nearly every message
is compressed, and WebSockets that do not offer that are refused, so that none passes for one.
"""

import asyncio
import logging
import os
import time
from collections import Counter
from collections.abc import Mapping
from typing import Any

import uvicorn
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from parley.socketio.config import Config
from parley.socketio.errors import ConnectError, Refusal, TryLater
from parley.socketio.namespace import Namespace
from parley.socketio.protocol.deflate import Deflate
from parley.socketio.reasons import Reason
from parley.socketio.recovery import MemoryRecovery
from parley.socketio.request import Request
from parley.socketio.server import Server
from parley.socketio.socket import Socket

ANSWER_SECONDS = 2.0
STOP_SECONDS = 5.0


class Refusals:
    """Refuses each client as often as it asked to be."""

    def __init__(self) -> None:
        self._count: Counter[str] = Counter()

    def once_more(self, client: str, times: int) -> bool:
        self._count[client] += 1
        return self._count[client] <= times


def serve_namespace(chat: Namespace) -> None:
    """Add the events that every scenario may use."""

    def echo(socket: Socket, *values: object) -> None:
        socket.emit("echo-back", *values)

    def give(_: Socket, value: object) -> object:
        return value

    def give_two(_: Socket, one: object, two: object) -> tuple[object, object]:
        return one, two

    def keep(_: Socket) -> None:
        """Answers nothing."""

    def who(socket: Socket) -> dict[str, object]:
        color = socket.handshake.query.get("color")
        return {"id": socket.id, "auth": socket.handshake.auth or {}, "color": color}

    async def ask(socket: Socket, question: object) -> None:
        try:
            answer = await socket.call("question", question, timeout=ANSWER_SECONDS)
        except TimeoutError:
            answer = "nothing"
        socket.emit("answered", answer)

    chat.on("echo", echo)
    chat.on("give", give)
    chat.on("give-two", give_two)
    chat.on("keep", keep)
    chat.on("who", who)
    chat.on("ask", ask)
    serve_rooms(chat)
    serve_endings(chat)


def serve_rooms(chat: Namespace) -> None:
    """Add what brings sockets together."""

    def join(socket: Socket, room: str) -> str:
        socket.join(room)
        return "joined"

    def leave(socket: Socket, room: str) -> str:
        socket.leave(room)
        return "left"

    def shout(_: Socket, room: str, value: object) -> None:
        chat.to(room).emit("heard", value)

    def whisper(socket: Socket, room: str, value: object) -> None:
        chat.to(room).except_(socket.id).emit("heard", value)

    def gone(socket: Socket, _: Reason) -> None:
        chat.to("watchers").emit("gone", socket.id)

    chat.on("join", join)
    chat.on("leave", leave)
    chat.on("shout", shout)
    chat.on("whisper", whisper)
    chat.on_disconnect(gone)


def serve_endings(chat: Namespace) -> None:
    """Add what goes wrong, and the two ways to end a connection."""

    def fail(_: Socket) -> None:
        raise Deliberate

    async def fail_later(_: Socket) -> None:
        await asyncio.sleep(0)
        raise Deliberate

    chat.on("fail", fail)
    chat.on("fail-later", fail_later)
    chat.on("cut", Socket.cut)
    chat.on("kick", Socket.disconnect)


class Deliberate(Exception):
    """What the failing handlers raise; nothing may come of it but a line in the log."""


def is_unexpected(record: logging.LogRecord) -> bool:
    """Whether the log has this from elsewhere: any other traceback there fails the tests."""
    return record.exc_info is None or not isinstance(record.exc_info[1], Deliberate)


def build(environment: Mapping[str, str]) -> Server:
    """Put the server together."""
    recovering = environment.get("RECOVERY") == "1"
    deflating = environment.get("DEFLATE") == "1"
    config = Config(
        ping_interval=int(environment["PING_INTERVAL"]) / 1000,
        ping_timeout=int(environment["PING_TIMEOUT"]) / 1000,
        allowed_origins={"*"},
        deflate=Deflate(threshold=40, client_context_takeover=True) if deflating else None,
    )
    server = Server(config, MemoryRecovery(time.monotonic) if recovering else None)
    refusals = Refusals()

    def admit(request: Request) -> Refusal | None:
        query = request.query
        if "refuse" in query and refusals.once_more(query["client"], int(query["times"])):
            return Refusal(int(query["refuse"]), headers=(("Retry-After", "0"),))
        offers = request.headers.get("sec-websocket-extensions", "")
        if deflating and query["transport"] == "websocket" and "permessage-deflate" not in offers:
            return Refusal(400)
        return None

    def refuse(_: Socket) -> None:
        raise ConnectError("not you", {"code": "banned"})

    def later(socket: Socket) -> None:
        client: str = (socket.handshake.auth or {})["client"]
        if refusals.once_more(client, 2):
            raise TryLater

    server.admit = admit
    server.namespace("/refused").use(refuse)
    server.namespace("/later").use(later)
    for name in ("/", "/custom", "/later"):
        serve_namespace(server.namespace(name))
    return server


class Uvicorn(uvicorn.Server):
    """Cuts the connections before it waits for their ends."""

    def __init__(self, config: uvicorn.Config, sockets: Server, spread: float) -> None:
        super().__init__(config)
        self._sockets = sockets
        self._spread = spread

    async def shutdown(self, sockets: Any = None) -> None:
        await self._sockets.shutdown(STOP_SECONDS, self._spread)
        await super().shutdown(sockets)


def main() -> None:
    """Serve until told to stop."""
    logging.getLogger("parley.socketio").addFilter(is_unexpected)
    server = build(os.environ)
    config = uvicorn.Config(
        server.asgi,
        host=os.environ["HOST"],
        port=int(os.environ["PORT"]),
        http=server.http_protocol(AutoHTTPProtocol),
        ws=server.websocket_protocol,
        lifespan="off",
        log_level="warning",
    )
    Uvicorn(config, server, int(os.environ.get("SPREAD", "100")) / 1000).run()


if __name__ == "__main__":
    main()
