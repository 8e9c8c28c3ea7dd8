"""python-socketio's asynchronous client, over each choice of transports."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import pytest
import socketio

from tests.conformance.servers import Server

PATIENCE_SECONDS = 60
Call = tuple[Any, ...]


class Listener:
    """Collects what a client's handlers are called with."""

    def __init__(self) -> None:
        self._calls: asyncio.Queue[Call] = asyncio.Queue()

    def __call__(self, *values: Any) -> None:
        self._calls.put_nowait(values)

    async def next(self) -> Call:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self._calls.get()

    def empty(self) -> bool:
        return self._calls.empty()


def listen(client: socketio.AsyncClient, event: str, namespace: str = "/") -> Listener:
    listener = Listener()
    client.on(event, listener, namespace=namespace)
    return listener


def new_client() -> socketio.AsyncClient:
    return socketio.AsyncClient(
        reconnection_delay=0.02, reconnection_delay_max=0.05, randomization_factor=0
    )


@asynccontextmanager
async def connected(
    server: Server, transports: list[str], **options: Any
) -> AsyncIterator[socketio.AsyncClient]:
    client = new_client()
    await client.connect(server.http, transports=transports, **options)
    try:
        yield client
    finally:
        await client.shutdown()


async def test_text_comes_back(server: Server, transports: list[str]) -> None:
    values: Call = (1, "2", {"3": [True, None, 1.5]}, "€ 漢字 😀 é", "", [])
    async with connected(server, transports) as client:
        back = listen(client, "echo-back")
        await client.emit("echo", values)

        assert await back.next() == values


async def test_binary_comes_back(server: Server, transports: list[str]) -> None:
    values = (b"\x01\x02", {"deep": [b"", b"\xff\x00"]}, "text")
    async with connected(server, transports) as client:
        back = listen(client, "echo-back")
        await client.emit("echo", values)

        assert await back.next() == values


async def test_the_server_answers(server: Server, transports: list[str]) -> None:
    async with connected(server, transports) as client:
        assert await client.call("give", {"a": [1, "é"]}, timeout=PATIENCE_SECONDS) == {
            "a": [1, "é"]
        }
        assert await client.call("give", b"\x01", timeout=PATIENCE_SECONDS) == b"\x01"
        two = await client.call("give-two", (1, "two"), timeout=PATIENCE_SECONDS)
        assert list(two) == [1, "two"]


async def test_the_client_answers(server: Server, transports: list[str]) -> None:
    async with connected(server, transports) as client:
        client.on("question", lambda question: [question, "answer"])
        answered = listen(client, "answered")
        await client.emit("ask", "why?")

        assert await answered.next() == (["why?", "answer"],)


async def test_a_client_without_an_answer_is_not_waited_for(
    server: Server, transports: list[str]
) -> None:
    async with connected(server, transports) as client:
        answered = listen(client, "answered")
        client.on("question", never_answers)
        await client.emit("ask", "anyone?")

        assert await answered.next() == ("nothing",)


async def never_answers(question: str) -> None:
    await asyncio.Event().wait()


async def test_namespaces_share_a_connection(server: Server, transports: list[str]) -> None:
    async with connected(server, transports, namespaces=["/", "/custom"]) as client:
        main, custom = listen(client, "echo-back"), listen(client, "echo-back", "/custom")
        await client.emit("echo", "custom", namespace="/custom")
        await client.emit("echo", "main")

        assert await main.next() == ("main",)
        assert await custom.next() == ("custom",)
        assert client.get_sid("/") != client.get_sid("/custom")


async def test_auth_reaches_the_server(server: Server, transports: list[str]) -> None:
    async with connected(server, transports, auth={"token": "é"}) as client:
        who = await client.call("who", timeout=PATIENCE_SECONDS)

        assert who == {"id": client.get_sid(), "auth": {"token": "é"}, "color": None}


async def test_an_unknown_namespace_is_an_error(server: Server, transports: list[str]) -> None:
    client = new_client()
    failed = listen(client, "connect_error", "/nowhere")
    with pytest.raises(socketio.exceptions.ConnectionError):
        await client.connect(server.http, namespaces=["/nowhere"], transports=transports)

    assert await failed.next() == ({"message": "Invalid namespace"},)


async def test_a_refusal_tells_why(server: Server, transports: list[str]) -> None:
    client = new_client()
    failed = listen(client, "connect_error", "/refused")
    with pytest.raises(socketio.exceptions.ConnectionError):
        await client.connect(server.http, namespaces=["/refused"], transports=transports)

    assert await failed.next() == ({"message": "not you", "data": {"code": "banned"}},)


async def test_a_kick_is_final(server: Server, transports: list[str]) -> None:
    async with connected(server, transports) as client:
        left, joined = listen(client, "disconnect"), listen(client, "connect")
        await client.emit("kick")

        assert await left.next() == (client.reason.SERVER_DISCONNECT,)
        await client.wait()  # returns once the client has given up
        assert joined.empty()


async def test_a_client_that_was_cut_comes_back(ours: Server, transports: list[str]) -> None:
    # The reference ends a poll with a close packet, from which this client never returns.
    async with connected(ours, transports) as client:
        before = client.get_sid()
        left, joined = listen(client, "disconnect"), listen(client, "connect")
        await client.emit("cut")

        await left.next()
        await joined.next()
        assert client.get_sid() != before
        assert await client.call("give", "back", timeout=PATIENCE_SECONDS) == "back"


async def test_rooms_reach_their_members(server: Server, transports: list[str]) -> None:
    room = str(uuid4())
    async with (
        connected(server, transports) as member,
        connected(server, transports) as outsider,
    ):
        heard, wrong = listen(member, "heard"), listen(outsider, "heard")
        assert await member.call("join", room, timeout=PATIENCE_SECONDS) == "joined"
        for number in range(10):
            await outsider.emit("shout", (room, number))

        assert [await heard.next() for _ in range(10)] == [(number,) for number in range(10)]
        await outsider.call("give", "after", timeout=PATIENCE_SECONDS)
        assert wrong.empty()


async def test_many_events_keep_their_order(ours: Server, transports: list[str]) -> None:
    # This client refuses a poll's answer of more than 16 packets, which the reference sends.
    async with connected(ours, transports) as client:
        back = listen(client, "echo-back")
        for number in range(300):
            await client.emit("echo", number)

        assert [await back.next() for _ in range(300)] == [(number,) for number in range(300)]


async def test_heartbeats_keep_an_idle_connection(server: Server, transports: list[str]) -> None:
    async with connected(server, transports) as client:
        left = listen(client, "disconnect")
        await asyncio.sleep(0.5)

        assert await client.call("give", "still here", timeout=PATIENCE_SECONDS) == "still here"
        assert left.empty()
