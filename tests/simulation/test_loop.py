"""The loop whose time is virtual."""

import asyncio

import pytest

from tests.simulation.loop import Process, SimulatedLoop, Stuck


def test_hours_pass_at_once() -> None:
    loop = SimulatedLoop(1)

    async def wait() -> float:
        began = loop.time()
        await asyncio.sleep(36_000)
        return loop.time() - began

    assert loop.run_to_end(wait()) == pytest.approx(36_000, abs=1)


def test_what_nobody_will_ever_answer_is_told() -> None:
    loop = SimulatedLoop(1)

    async def wait() -> None:
        await loop.create_future()

    with pytest.raises(Stuck):
        loop.run_to_end(wait())


def test_a_killed_process_makes_no_further_step() -> None:
    loop = SimulatedLoop(1)
    steps: list[int] = []

    async def count() -> None:
        try:
            for step in range(10):
                steps.append(step)
                await asyncio.sleep(1)
        finally:
            steps.append(-1)

    async def run() -> list[int]:
        process = Process(loop, "one")
        process.spawn(count())
        await asyncio.sleep(2.5)
        process.kill()
        await asyncio.sleep(20)
        return list(steps)

    assert loop.run_to_end(run()) == [0, 1, 2]


def test_a_paused_process_goes_on_where_it_stood() -> None:
    loop = SimulatedLoop(1)
    steps: list[float] = []

    async def count() -> None:
        for _ in range(3):
            steps.append(loop.time())
            await asyncio.sleep(1)

    async def run() -> None:
        process = Process(loop, "one")
        counting = process.spawn(count())
        await asyncio.sleep(0.5)
        process.pause()
        await asyncio.sleep(10)
        process.resume()
        await counting

    loop.run_to_end(run())
    assert steps[1] - steps[0] == pytest.approx(10.5, abs=0.1)
    assert steps[2] - steps[1] == pytest.approx(1, abs=0.1)


def test_a_process_begins_others_in_its_own_name() -> None:
    loop = SimulatedLoop(1)
    heard: list[str] = []

    async def begin() -> None:
        asyncio.get_running_loop().call_later(1, heard.append, "later")
        asyncio.create_task(asyncio.sleep(1)).add_done_callback(lambda _: heard.append("task"))
        await asyncio.sleep(5)

    async def run() -> None:
        process = Process(loop, "one")
        process.spawn(begin())
        await asyncio.sleep(0.5)
        process.kill()
        await asyncio.sleep(5)

    loop.run_to_end(run())
    assert heard == []
