"""Those who do not read: they are cut, delay nobody, come back by themselves, and have everything in the end."""

import asyncio
import contextlib
import json
import shutil
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest

from parley.verify.wire import Wire
from tests.conformance.raw_websocket import Opcode, RawWebSocket
from tests.support.devices import JS, JavaScriptDevice
from tests.support.recovering import PASSWORD, Person, free_port
from tests.support.server import ServerProcess
from tests.support.speaking import PollingSpeaker, logged

BOUND = 65_536
BODY = "\N{PARTY POPPER}" * 15_000
"""60,000 bytes: two of them are more than may wait."""

TRY_AGAIN_LATER = 1013

MOST_BODIES = 400
"""Far more than what the kernel keeps for a connection that is not read."""

needs_node = pytest.mark.skipif(
    shutil.which("node") is None or not (JS / "node_modules").exists(),
    reason="needs Node and `make setup`",
)
pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with ServerProcess(
        tmp_path_factory.mktemp("slow") / "data",
        flags=("--port", str(free_port())),
        max_outbox_bytes=str(BOUND),
        max_recovery_bytes=str(BOUND),
        presence_grace_seconds="0",
        requests_per_second="0",
        messages_per_second="0",
    ) as server:
        yield server


@dataclass
class Room:
    """Ann speaks by REST, Quick reads what she hears, and Slow has devices that do not."""

    http: aiohttp.ClientSession
    url: str
    ann: Person
    slow: Person
    where: str
    quick: Wire
    heard: "asyncio.Queue[int]"

    async def overflow(self) -> int:
        """Speak until Slow's last socket was cut; each word is heard by Quick before the next. How many they were."""
        for count in range(1, MOST_BODIES):
            await self.ann.say(self.where, BODY)
            async with asyncio.timeout(60):
                assert await self.heard.get() == count + 1, "who reads has everything, in order"
            if not await self._slow_is_there():
                return count
        raise AssertionError("it was never cut")

    async def _slow_is_there(self) -> bool:
        """By the one sign of it that other people have."""
        answer = await self.ann.ask("GET", f"/presence?user_ids={self.slow.user_id}")
        return answer["people"][0]["status"] != "offline"


@asynccontextmanager
async def a_room(server: ServerProcess, name: str) -> AsyncIterator[Room]:
    async with aiohttp.ClientSession() as http:
        ann, slow, quick = [
            await Person.register(http, server.url, f"{who}-{name}")
            for who in ("ann", "slow", "quick")
        ]
        where = await ann.group(slow, quick)
        heard: asyncio.Queue[int] = asyncio.Queue()

        def hear(event: str) -> None:
            said, entry = json.loads(event)
            if said == "message.new":
                heard.put_nowait(entry["seq"])

        wire = await Wire.open(http, server.url, {"token": quick.token}, hear, 60)
        yield Room(http, server.url, ann, slow, where, wire, heard)
        await wire.close()


@needs_node
async def test_a_javascript_client_that_stops_reading_is_cut_and_catches_up_by_itself(
    server: ServerProcess,
) -> None:
    async with a_room(server, "js") as room:
        device = JavaScriptDevice(server.url, room.slow.username, PASSWORD, ["websocket"])
        await device.connect()
        try:
            await device.stall()
            count = await room.overflow()
            device.read_on()
            await device.disconnected()
            view = await whole_view(device, room.where, count + 1)
        finally:
            await device.close()
        assert view == await logged(room.ann, room.where)


async def whole_view(device: JavaScriptDevice, where: str, head: int) -> list[dict[str, Any]]:
    """What it has of a conversation, once that goes up to this seq."""
    for _ in range(1_000):
        view = (await device.views()).get(where, [])
        if len(view) >= head:
            return view
        await asyncio.sleep(0.05)
    raise AssertionError(f"it has {len(view)} entries of {head}")


async def test_a_raw_client_that_does_not_read_is_cut_to_come_back(server: ServerProcess) -> None:
    async with a_room(server, "raw") as room:
        raw = await a_raw_socket(server, room.slow)
        count = await room.overflow()
        received = 0
        code = None
        # Who begins to read too late finds the connection reset, without the farewell.
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while (frame := await raw.receive_frame()).opcode != Opcode.CLOSE:
                received += frame.payload.startswith(b'42["message.new"')
            code = frame.payload[:2]
        raw.writer.close()
        assert received < count
        assert code in (None, TRY_AGAIN_LATER.to_bytes(2))


async def a_raw_socket(server: ServerProcess, person: Person) -> RawWebSocket:
    """Signed in, with little room for what it does not read."""
    address = urlsplit(server.url)
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.setblocking(False)
    await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", address.port))
    reader, writer = await asyncio.open_connection(sock=connection)
    request = [
        "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1",
        f"Host: {address.netloc}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ]
    writer.write("\r\n".join([*request, "", ""]).encode())
    raw = RawWebSocket(reader, writer, (await reader.readuntil(b"\r\n\r\n")).decode())
    assert raw.response.startswith("HTTP/1.1 101 ")
    await raw.send(Opcode.TEXT, b"40" + json.dumps({"token": person.token}).encode())
    while not (await raw.receive_frame()).payload.startswith(b"40{"):
        pass
    return raw


async def test_who_polls_is_not_cut_for_an_answer_larger_than_what_may_wait(
    server: ServerProcess,
) -> None:
    """Who has been away asks for what was missed, in pages that are larger than the bound on what is pushed."""
    async with a_room(server, "polls") as room:
        for _ in range(20):
            await room.ann.say(room.where, BODY)
        polling = PollingSpeaker("slow", room.where, room.http, server.url)
        await polling.connect(room.slow.token)
        reader = asyncio.create_task(polling.read())
        seqs: list[int] = []
        more = True
        while more:
            cursors = {room.where: len(seqs)}
            answer = await polling.emit("sync", {"cursors": cursors})
            assert len(json.dumps(answer, ensure_ascii=False).encode()) > BOUND
            more = answer["more"]
            seqs += [entry["seq"] for one in answer["conversations"] for entry in one["entries"]]
        assert seqs == list(range(1, 22))
        assert not reader.done(), "it is still connected"
        reader.cancel()
