"""The upgrade from polling to WebSocket: probe, noop, switch, and nothing lost on the way."""

import asyncio
from typing import TypeVar

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import InvalidStatus

from tests.conformance.pace import Pace, unhurried
from tests.conformance.servers import Server
from tests.conformance.wires import (
    PATIENCE_SECONDS,
    EndedError,
    PollingWire,
    closed,
    polling_wire,
    receive,
    websocket,
)

T = TypeVar("T")


def upgrade_path(wire: PollingWire, path: str = "/engine.io/") -> str:
    return f"{path}?EIO=4&transport=websocket&sid={wire.sid}"


async def probe(connection: ClientConnection) -> None:
    await connection.send("2probe")
    assert await receive(connection) == "3probe"


async def never_opens(server: Server, path: str) -> None:
    """A WebSocket that is refused at once, or closed before it says anything."""
    with pytest.raises((InvalidStatus, EndedError)):
        async with websocket(server, path) as connection:
            await receive(connection)


async def answered(poll: "asyncio.Task[T]") -> T:
    async with asyncio.timeout(PATIENCE_SECONDS):
        return await poll


async def test_after_the_switch_everything_goes_over_the_websocket(server: Server) -> None:
    async with polling_wire(server) as wire, websocket(server, upgrade_path(wire)) as connection:
        await probe(connection)
        await connection.send("5")
        await connection.send("4hello")
        await connection.send(b"\x01\x02")

        assert await receive(connection) == "4hello"
        assert await receive(connection) == b"\x01\x02"


async def test_a_poll_that_waits_during_the_probe_gets_a_noop(server: Server) -> None:
    async with polling_wire(server) as wire, websocket(server, upgrade_path(wire)) as connection:
        poll = asyncio.create_task(wire.poll())
        await probe(connection)

        assert (await answered(poll)).text == "6"


async def test_polling_goes_on_until_the_switch(server: Server) -> None:
    async with polling_wire(server) as wire, websocket(server, upgrade_path(wire)) as connection:
        await probe(connection)
        await wire.send("4by post")

        while (packet := await wire.receive()) == "6":
            pass
        assert packet == "4by post"


async def test_packets_not_yet_polled_follow_over_the_websocket(server: Server) -> None:
    async with polling_wire(server) as wire, websocket(server, upgrade_path(wire)) as connection:
        await probe(connection)
        await wire.send("4one", "4two")
        await connection.send("5")
        await connection.send("4three")

        assert [await receive(connection) for _ in range(3)] == ["4one", "4two", "4three"]


async def test_the_upgraded_session_is_no_longer_polled(server: Server) -> None:
    async with polling_wire(server) as wire, websocket(server, upgrade_path(wire)) as connection:
        await probe(connection)
        await connection.send("5")
        await connection.send("4hello")
        assert await receive(connection) == "4hello"

        polled, posted = await wire.poll(), await wire.post("4hello")
        assert (polled.status_code, polled.text) == (400, '{"code":3,"message":"Bad request"}')
        assert posted.status_code == 400
        await connection.send("4still here")
        assert await receive(connection) == "4still here"


async def test_a_second_websocket_after_the_switch_is_closed(server: Server) -> None:
    async with polling_wire(server) as wire, websocket(server, upgrade_path(wire)) as connection:
        await probe(connection)
        await connection.send("5")
        await connection.send("4hello")
        assert await receive(connection) == "4hello"

        await never_opens(server, upgrade_path(wire))
        await connection.send("4still here")
        assert await receive(connection) == "4still here"


async def test_a_second_websocket_during_the_probe_is_closed(server: Server) -> None:
    async with polling_wire(server) as wire, websocket(server, upgrade_path(wire)) as connection:
        await probe(connection)
        await never_opens(server, upgrade_path(wire))
        await connection.send("5")
        await connection.send("4still here")

        assert await receive(connection) == "4still here"


async def test_a_websocket_lost_during_the_probe_leaves_polling_as_it_was(server: Server) -> None:
    async with polling_wire(server) as wire:
        async with websocket(server, upgrade_path(wire)) as connection:
            await probe(connection)
        await wire.send("4still here")

        while (packet := await wire.receive()) == "6":
            pass
        assert packet == "4still here"


async def test_a_second_attempt_may_succeed(server: Server) -> None:
    async with polling_wire(server) as wire:
        async with websocket(server, upgrade_path(wire)) as connection:
            await probe(connection)
        async with websocket(server, upgrade_path(wire)) as connection:
            await probe(connection)
            await connection.send("5")
            await connection.send("4hello")

            assert await receive(connection) == "4hello"


async def test_a_probe_must_be_a_probe(server: Server) -> None:
    async with polling_wire(server) as wire:
        async with websocket(server, upgrade_path(wire)) as connection:
            await connection.send("4hello")
            await closed(connection)
        await wire.send("4still here")

        assert await wire.receive() == "4still here"


async def poll_until_noop(wire: PollingWire, received: list[object]) -> None:
    packets: list[str] = []
    while "6" not in packets:
        packets = (await wire.poll()).text.split("\x1e")
        received.extend(packet for packet in packets if packet != "6")


async def test_nothing_is_lost_or_reordered_by_an_upgrade(server: Server) -> None:
    sent = [f"4{number}" for number in range(200)]
    received: list[object] = []
    async with polling_wire(server) as wire, websocket(server, upgrade_path(wire)) as connection:
        polling = asyncio.create_task(poll_until_noop(wire, received))
        for packet in sent[:50]:
            await wire.send(packet)
        await connection.send("2probe")
        await wire.send(*sent[50:100])
        assert await receive(connection) == "3probe"
        await answered(polling)
        await wire.send(*sent[100:150])
        await connection.send("5")
        for packet in sent[150:]:
            await connection.send(packet)
        while len(received) < len(sent):
            received.append(await receive(connection))

    assert received == sent


@unhurried
async def test_a_heartbeat_goes_over_the_new_transport(pace: Pace) -> None:
    async with (
        polling_wire(pace.brisk) as wire,
        websocket(pace.brisk, upgrade_path(wire)) as connection,
    ):
        await probe(connection)
        await connection.send("5")
        for _ in range(2):
            assert await receive(connection) == "2"
            await connection.send("3")


@unhurried
async def test_an_upgraded_session_expires_like_any_other(pace: Pace) -> None:
    async with (
        polling_wire(pace.brisk) as wire,
        websocket(pace.brisk, upgrade_path(wire)) as connection,
    ):
        await probe(connection)
        await connection.send("5")
        assert await receive(connection) == "2"

        await closed(connection)
