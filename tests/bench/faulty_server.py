"""The bench's room server with one fault, named by FAULT, at message 3. PORT is the argument."""

import os
import sys
from typing import Any

import socketio
import uvicorn

FAULT = os.environ["FAULT"]
server = socketio.AsyncServer(async_mode="asgi", async_handlers=False)
members: list[str] = []
held: list[dict[str, Any]] = []


async def join(sid: str, _room: str) -> str:
    members.append(sid)
    return "ok"


async def message(_sid: str, sent: dict[str, Any]) -> dict[str, bool]:
    faulty = sent["n"] == 3
    if faulty and FAULT == "reorders":
        held.append(sent)
        return {"ok": True}
    lost = members[-1] if faulty and FAULT == "loses" else None
    for member in members:
        if member != lost:
            await server.emit("message", sent, to=member)
    if faulty:
        await fail(sent)
    while held:
        await server.emit("message", held.pop())
    return {"ok": not (faulty and FAULT == "refuses")}


async def fail(sent: dict[str, Any]) -> None:
    if FAULT == "doubles":
        await server.emit("message", sent, to=members[-1])
    elif FAULT == "hangs up":
        await server.disconnect(members[-1])


server.on("join", join)
server.on("message", message)

if __name__ == "__main__":
    uvicorn.run(socketio.ASGIApp(server), port=int(sys.argv[1]), log_level="error")
