"""The bench's room server on the bare `socketio` package: `python -m bench.servers.bare PORT`."""

import gc
import os
import sys

import msgspec
import uvicorn
from uvicorn.protocols.http.auto import AutoHTTPProtocol
from websockets.speedups import apply_mask

from parley.socketio.acks import Ack
from parley.socketio.config import Config
from parley.socketio.server import Server
from parley.socketio.socket import Socket


class Message(msgspec.Struct):
    """What the server has to know of a message; the rest is passed on as it came."""

    room: str


_decode_message = msgspec.json.Decoder(tuple[Message]).decode
_OK = b'{"ok":true}'


def build() -> Server:
    server = Server(
        Config(
            encode=msgspec.json.encode,
            decode=msgspec.json.decode,
            unmask=apply_mask,
            ping_interval=int(os.environ.get("PING_INTERVAL", "25000")) / 1000,
        )
    )
    chat = server.namespace("/")

    def join(socket: Socket, room: str) -> str:
        socket.join(room)
        return "ok"

    def on_message(socket: Socket, event: str, args: bytes, ack: Ack | None) -> None:
        (message,) = _decode_message(args)
        chat.push(message.room, chat.encode("message", args[1:-1]))
        if ack is not None:
            ack(_OK)

    chat.on("join", join)
    chat.on_raw(on_message)
    return server


def main() -> None:
    server = build()
    gc.freeze()
    uvicorn.run(
        server.asgi,
        port=int(sys.argv[1]),
        # Called as classes are, so functions do.
        http=server.http_protocol(AutoHTTPProtocol),  # type: ignore[arg-type]
        ws=server.websocket_protocol,  # type: ignore[arg-type]
        lifespan="off",
        log_level="warning",
        access_log=False,
        backlog=4096,
    )


if __name__ == "__main__":
    main()
