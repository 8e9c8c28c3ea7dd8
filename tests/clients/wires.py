"""Members of a meeting at the level of packets, for what no client library lets one do."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.conformance.servers import Server
from tests.conformance.wires import Wire, socket_io


@dataclass
class Member:
    """A socket in the main namespace; `heard` grows as `hear` is awaited."""

    wire: Wire
    sid: str = ""
    pid: str | None = None
    heard: list[Any] = field(default_factory=list)
    offset: str | None = None

    async def connect(self, auth: dict[str, object]) -> None:
        """Connect; the reference sends what a recovered socket missed before its reply."""
        await self.wire.send(f"40{json.dumps(auth)}")
        while not (reply := await self.receive()).startswith("40{"):
            self._note(reply)
        body = json.loads(reply[2:])
        self.sid, self.pid = body["sid"], body.get("pid")

    async def receive(self) -> str:
        """Wait for a packet, and answer heartbeats meanwhile."""
        while (packet := await self.wire.receive()) == "2":
            await self.wire.send("3")
        return str(packet)

    async def ask(self, event: str, *values: object) -> Any:
        """Emit an event and wait for its ack, which must come next."""
        await self.wire.send(f"421{json.dumps([event, *values])}")
        answer = await self.receive()
        assert answer.startswith("431["), answer
        return json.loads(answer[3:])

    async def say(self, room: str, value: object) -> None:
        """Have everybody in the room hear this."""
        await self.wire.send(f"42{json.dumps(['shout', room, value])}")

    async def hear(self) -> None:
        """Wait for one more `heard`, and remember its offset as the official client does."""
        self._note(await self.receive())

    def _note(self, packet: str) -> None:
        assert packet.startswith('42["heard"'), packet
        _, value, *offset = json.loads(packet[2:])
        self.heard.append(value)
        if offset:
            self.offset = offset[0]

    async def sees_leaving(self, sid: str) -> None:
        """Wait until the server knows that this socket has gone; a member of `watchers` can."""
        while not (await self.receive()).startswith(f'42["gone","{sid}"'):
            pass


@asynccontextmanager
async def member(server: Server, transport: str, **auth: object) -> AsyncIterator[Member]:
    """Connect with this auth payload."""
    async with socket_io(server, transport) as wire:
        one = Member(wire)
        await one.connect(auth)
        yield one


@asynccontextmanager
async def watcher(server: Server) -> AsyncIterator[Member]:
    """A member that is told when others leave."""
    async with member(server, "websocket") as one:
        await one.ask("join", "watchers")
        yield one
