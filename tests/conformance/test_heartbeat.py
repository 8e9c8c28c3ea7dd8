"""Heartbeats: the server asks every 300 ms and gives 200 ms for the answer."""

import asyncio
import time
from collections.abc import Awaitable

from tests.conformance.servers import Pool, Server
from tests.conformance.wires import engine_io, polling_wire, websocket_wire

EXPIRY_SECONDS = 0.5
# How much later than due something may be seen on a machine with other work.
LATE_SECONDS = 0.25


async def seconds(awaited: Awaitable[object]) -> float:
    began = time.monotonic()
    await awaited
    return time.monotonic() - began


async def test_an_answered_ping_keeps_the_session(brisk: Server, transport: str) -> None:
    async with engine_io(brisk, transport) as wire:
        for _ in range(3):
            assert await wire.receive() == "2"
            await wire.send("3")
        await wire.send("4alive")

        assert await wire.receive() == "4alive"


async def test_a_ping_comes_after_the_interval(brisk: Server, transport: str) -> None:
    async with engine_io(brisk, transport) as wire:
        took = await seconds(wire.receive())

    assert 0.3 - 0.05 <= took <= 0.3 + LATE_SECONDS


async def test_pings_do_not_drift_with_a_slow_answer(brisk: Server, transport: str) -> None:
    async with engine_io(brisk, transport) as wire:
        for _ in range(2):
            assert await wire.receive() == "2"
            await asyncio.sleep(0.1)
            await wire.send("3")
        await wire.send("4alive")

        assert await wire.receive() == "4alive"


async def test_a_long_timeout_does_not_slow_the_pings(
    pool: Pool, kind: str, transport: str
) -> None:
    server = pool.get(kind, PING_INTERVAL="100", PING_TIMEOUT="4000", CONNECT_TIMEOUT="20000")
    async with engine_io(server, transport) as wire:
        began = time.monotonic()
        for _ in range(5):
            assert await wire.receive() == "2"
            await wire.send("3")

    assert time.monotonic() - began <= 5 * 0.1 + 2 * LATE_SECONDS


async def test_a_silent_websocket_is_closed_when_its_time_is_over(brisk: Server) -> None:
    async with websocket_wire(brisk) as wire:
        began = time.monotonic()
        assert await wire.receive() == "2"
        await wire.ended()

    assert EXPIRY_SECONDS - 0.05 <= time.monotonic() - began <= EXPIRY_SECONDS + LATE_SECONDS


async def test_messages_are_no_answer_to_a_ping(brisk: Server) -> None:
    # The reference lets a message put the end off once, by one more timeout.
    async with websocket_wire(brisk) as wire:
        began = time.monotonic()
        assert await wire.receive() == "2"
        await wire.send("4hello")
        assert await wire.receive() == "4hello"
        await wire.ended()

    assert time.monotonic() - began <= EXPIRY_SECONDS + 0.2 + LATE_SECONDS


async def test_a_session_nobody_polls_is_gone_when_its_time_is_over(brisk: Server) -> None:
    async with polling_wire(brisk) as wire:
        await asyncio.sleep(EXPIRY_SECONDS + LATE_SECONDS / 2)
        response = await wire.poll()

    assert response.status_code == 400
    assert response.text == '{"code":1,"message":"Session ID unknown"}'


async def test_a_poll_that_waits_is_ended_by_the_timer(brisk: Server) -> None:
    async with polling_wire(brisk) as wire:
        began = time.monotonic()
        assert await wire.receive() == "2"
        await wire.poll()
        took = time.monotonic() - began

        assert (await wire.poll()).status_code == 400
    assert EXPIRY_SECONDS - 0.05 <= took <= EXPIRY_SECONDS + LATE_SECONDS


async def test_a_timer_ends_silent_sessions_within_milliseconds(brisk: Server) -> None:
    async def one() -> float:
        async with websocket_wire(brisk) as wire:
            began = time.monotonic()
            assert await wire.receive() == "2"
            await wire.ended()
            return time.monotonic() - began

    took = await asyncio.gather(*(one() for _ in range(25)))

    # A busy machine may delay some of them, but hardly all.
    assert min(took) <= EXPIRY_SECONDS + 0.05
    assert max(took) <= EXPIRY_SECONDS + 2 * LATE_SECONDS


async def test_an_unasked_pong_is_taken(server: Server, transport: str) -> None:
    async with engine_io(server, transport) as wire:
        await wire.send("3", "4alive")

        assert await wire.receive() == "4alive"
