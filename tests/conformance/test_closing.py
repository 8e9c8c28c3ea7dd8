"""How Engine.IO sessions end: by the client, and by requests that overlap or are dropped."""

import asyncio

import httpx

from tests.conformance.pace import Pace, unhurried
from tests.conformance.servers import Server
from tests.conformance.wires import PATIENCE_SECONDS, PollingWire, polling_wire, websocket_wire

UNKNOWN_SID = '{"code":1,"message":"Session ID unknown"}'


async def waiting_poll(wire: PollingWire) -> "asyncio.Task[httpx.Response]":
    """A poll that the server holds, on a connection that is open already."""
    await wire.send("4first")
    assert (await wire.poll()).text == "4first"
    poll = asyncio.create_task(wire.poll())
    # Nothing tells a client that its poll has arrived, so it gets a moment.
    await asyncio.sleep(0.05)
    assert not poll.done()
    return poll


async def yields_nothing_but(wire: PollingWire, allowed: set[str]) -> None:
    """Poll until the session is gone."""
    response = await wire.poll()
    while response.status_code == 200:
        assert set(response.text.split("\x1e")) <= allowed | {"1", "6"}
        response = await wire.poll()
    assert response.status_code == 400


async def test_a_waiting_poll_gets_a_noop_when_the_client_closes(server: Server) -> None:
    async with polling_wire(server) as wire:
        poll = await waiting_poll(wire)
        await wire.provoke("1")

        assert (await poll).text == "6"
        after = await wire.poll()
        assert (after.status_code, after.text) == (400, UNKNOWN_SID)


async def test_a_session_that_its_client_closed_is_gone(server: Server) -> None:
    async with polling_wire(server) as wire:
        await wire.provoke("1")

        assert (await wire.poll()).status_code == 400


async def test_packets_behind_a_close_are_not_answered(server: Server) -> None:
    async with polling_wire(server) as wire:
        await wire.provoke("4first", "1", "4late")

        await yields_nothing_but(wire, {"4first"})


@unhurried
async def test_a_close_packet_ends_the_websocket(pace: Pace) -> None:
    # The reference ignores the packet and lets the heartbeat find out.
    async with websocket_wire(pace.brisk) as wire:
        await wire.send("1")
        if pace.kind == "reference":
            assert await wire.receive() == "2"

        await wire.ended()


async def test_a_session_ends_with_its_websocket(server: Server) -> None:
    async with websocket_wire(server) as wire:
        await wire.connection.close()
        async with asyncio.timeout(PATIENCE_SECONDS), httpx.AsyncClient(trust_env=False) as http:
            url = f"{server.http}/engine.io/?EIO=4&transport=polling&sid={wire.sid}"
            while (await http.get(url)).text != UNKNOWN_SID:
                pass


async def test_a_second_poll_at_once_ends_the_session(server: Server) -> None:
    async with polling_wire(server) as wire:
        first = await waiting_poll(wire)
        second = await wire.poll()

        assert (await first).text == "1"
        assert second.status_code == 400
        assert (await wire.poll()).text == UNKNOWN_SID


async def test_a_poll_that_the_client_drops_ends_the_session(server: Server) -> None:
    async with polling_wire(server) as wire:
        poll = await waiting_poll(wire)
        poll.cancel()
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (response := await wire.poll()).status_code == 200:
                # Only what the server wrote before it saw the connection end.
                assert response.text in {"1", "6"}

        assert response.status_code == 400
        assert (await wire.poll()).text == UNKNOWN_SID


async def test_the_end_of_one_session_leaves_the_others_alone(server: Server) -> None:
    async with polling_wire(server) as bystander, polling_wire(server) as leaver:
        await leaver.provoke("1")
        await bystander.send("4still here")

        assert await bystander.receive() == "4still here"
