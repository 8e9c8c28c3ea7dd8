"""The bench's room server on python-socketio and uvicorn as they come; PORT is the argument."""

import os
import sys
from typing import Any

import socketio  # type: ignore[import-untyped]
import uvicorn

server = socketio.AsyncServer(
    async_mode="asgi",
    ping_interval=int(os.environ.get("PING_INTERVAL", "25000")) / 1000,
    ping_timeout=int(os.environ.get("PING_TIMEOUT", "20000")) / 1000,
)


async def join(sid: str, room: str) -> str:
    await server.enter_room(sid, room)
    return "ok"


async def message(sid: str, sent: dict[str, Any]) -> dict[str, bool]:
    await server.emit("message", sent, room=sent["room"])
    return {"ok": True}


server.on("join", join)
server.on("message", message)

if __name__ == "__main__":
    uvicorn.run(
        socketio.ASGIApp(server),
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        ws=os.environ.get("UVICORN_WS", "auto"),
        log_level="warning",
    )
