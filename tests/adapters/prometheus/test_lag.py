"""How late the loop is."""

import asyncio
import time

from parley.adapters.prometheus import lag
from parley.adapters.prometheus.lag import LoopLag


async def test_a_loop_that_was_held_up_shows_it(monkeypatch) -> None:
    monkeypatch.setattr(lag, "EVERY_SECONDS", 0.01)
    measured = LoopLag()
    time.sleep(0.2)  # noqa: ASYNC251  # this is what holds it up
    while not sum(measured.seconds.counts):  # noqa: ASYNC110  # a timer tells nobody
        await asyncio.sleep(0.005)
    assert measured.seconds.total >= 0.18
    measured.close()


async def test_closed_it_sets_no_timer_any_more(monkeypatch) -> None:
    monkeypatch.setattr(lag, "EVERY_SECONDS", 0.001)
    measured = LoopLag()
    measured.close()
    await asyncio.sleep(0.01)
    assert sum(measured.seconds.counts) == 0
