"""Chores: at the start, and again when their time has come, whatever becomes of them."""

import pytest

from parley.model.errors import Unavailable
from parley.ports.background import Background
from parley.services.housekeeping import Chore, Housekeeping
from tests.support.clock import ManualClock
from tests.support.timers import ManualTimers


class Keeper:
    def __init__(self) -> None:
        self.background = Background()
        self.timers = ManualTimers(ManualClock(), self.background)
        self.done: list[str] = []
        self.failures: list[Exception] = []

    def chore(self, name: str, every_s: float) -> Chore:
        async def work() -> None:
            if self.failures:
                raise self.failures.pop()
            self.done.append(name)

        return Chore(name, every_s, work)

    def keep(self, *chores: Chore) -> Housekeeping:
        kept = Housekeeping(chores=chores, after=self.timers.after, spawn=self.background.spawn)
        kept.start()
        return kept


@pytest.fixture
def keeper():
    return Keeper()


async def test_every_chore_is_done_at_the_start_and_then_in_its_own_time(keeper):
    keeper.keep(keeper.chore("often", 10), keeper.chore("seldom", 25))
    await keeper.background.settled()
    assert keeper.done == ["often", "seldom"]
    await keeper.timers.pass_time(30)
    assert keeper.done == ["often", "seldom", "often", "often", "seldom", "often"]


@pytest.mark.parametrize("failure", [Unavailable(), RuntimeError("a fault")])
async def test_a_chore_that_fails_is_logged_and_tried_again(keeper, failure, caplog):
    keeper.failures = [failure]
    keeper.keep(keeper.chore("sweeping", 10))
    await keeper.background.settled()
    assert "sweeping" in caplog.text
    await keeper.timers.pass_time(10)
    assert keeper.done == ["sweeping"]


async def test_after_the_end_nothing_begins(keeper):
    kept = keeper.keep(keeper.chore("sweeping", 10))
    await keeper.background.settled()
    kept.close()
    await keeper.timers.pass_time(100)
    assert keeper.done == ["sweeping"]
