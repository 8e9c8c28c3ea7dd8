"""Heartbeats: the server asks every 300 ms and gives 200 ms for the answer, or longer as `pace` says."""

import asyncio
import time
from collections.abc import Awaitable

from tests.conformance.pace import Pace, unhurried
from tests.conformance.servers import Server
from tests.conformance.wires import engine_io, polling_wire, websocket_wire


async def seconds(awaited: Awaitable[object]) -> float:
    began = time.monotonic()
    await awaited
    return time.monotonic() - began


@unhurried
async def test_an_answered_ping_keeps_the_session(pace: Pace, transport: str) -> None:
    async with engine_io(pace.brisk, transport) as wire:
        for _ in range(3):
            assert await wire.receive() == "2"
            await wire.send("3")
        await wire.send("4alive")

        assert await wire.receive() == "4alive"


@unhurried
async def test_a_ping_comes_after_the_interval(pace: Pace, transport: str) -> None:
    async with engine_io(pace.brisk, transport) as wire:
        took = await seconds(wire.receive())

    assert pace.interval - pace.early <= took <= pace.interval + pace.late


@unhurried
async def test_pings_do_not_drift_with_a_slow_answer(pace: Pace, transport: str) -> None:
    async with engine_io(pace.brisk, transport) as wire:
        for _ in range(2):
            assert await wire.receive() == "2"
            await asyncio.sleep(pace.timeout / 2)
            await wire.send("3")
        await wire.send("4alive")

        assert await wire.receive() == "4alive"


@unhurried
async def test_a_long_timeout_does_not_slow_the_pings(pace: Pace, transport: str) -> None:
    interval = pace.interval / 3
    server = pace.server(PING_INTERVAL=interval, PING_TIMEOUT=40 * interval)
    async with engine_io(server, transport) as wire:
        began = time.monotonic()
        for _ in range(5):
            assert await wire.receive() == "2"
            await wire.send("3")

    assert time.monotonic() - began <= 5 * interval + 2 * pace.late


@unhurried
async def test_a_silent_websocket_is_closed_when_its_time_is_over(pace: Pace) -> None:
    async with websocket_wire(pace.brisk) as wire:
        began = time.monotonic()
        assert await wire.receive() == "2"
        await wire.ended()

    assert pace.expiry - pace.early <= time.monotonic() - began <= pace.expiry + pace.late


@unhurried
async def test_messages_are_no_answer_to_a_ping(pace: Pace) -> None:
    # The reference lets a message put the end off once, by one more timeout.
    async with websocket_wire(pace.brisk) as wire:
        began = time.monotonic()
        assert await wire.receive() == "2"
        await wire.send("4hello")
        assert await wire.receive() == "4hello"
        await wire.ended()

    assert time.monotonic() - began <= pace.expiry + pace.timeout + pace.late


@unhurried
async def test_a_session_nobody_polls_is_gone_when_its_time_is_over(pace: Pace) -> None:
    async with polling_wire(pace.brisk) as wire:
        await asyncio.sleep(pace.expiry + pace.late / 2)
        response = await wire.poll()

    assert response.status_code == 400
    assert response.text == '{"code":1,"message":"Session ID unknown"}'


@unhurried
async def test_a_poll_that_waits_is_ended_by_the_timer(pace: Pace) -> None:
    async with polling_wire(pace.brisk) as wire:
        began = time.monotonic()
        assert await wire.receive() == "2"
        await wire.poll()
        took = time.monotonic() - began

        assert (await wire.poll()).status_code == 400
    assert pace.expiry - pace.early <= took <= pace.expiry + pace.late


@unhurried
async def test_a_timer_ends_silent_sessions_within_milliseconds(pace: Pace) -> None:
    async def one() -> float:
        async with websocket_wire(pace.brisk) as wire:
            began = time.monotonic()
            assert await wire.receive() == "2"
            await wire.ended()
            return time.monotonic() - began

    took = await asyncio.gather(*(one() for _ in range(25)))

    # A busy machine may delay some of them, but hardly all.
    assert min(took) <= pace.expiry + pace.early
    assert max(took) <= pace.expiry + 2 * pace.late


async def test_an_unasked_pong_is_taken(server: Server, transport: str) -> None:
    async with engine_io(server, transport) as wire:
        await wire.send("3", "4alive")

        assert await wire.receive() == "4alive"
