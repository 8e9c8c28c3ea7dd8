"""A power cut at any instant leaves of what was not synced anything or nothing: what was acknowledged is there."""

import errno
import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from parley.adapters.sqlite.database import FILE, Database
from parley.adapters.sqlite.log import SqliteLog
from parley.model.ids import ConversationId
from tests.faults.lives import WHERE, Memory, examine
from tests.faults.power import FOLDER, cut_at
from tests.faults.test_lives import live
from tests.support.faulty_disk import Action, Call, FaultyDisk, Step

CUTS = 60
SEED = 7


def heard(steps: list[Step]) -> Iterator[list[str]]:
    """After each step, the lines that it told; an event loop writes single bytes to a socket of its own."""
    for step in steps:
        told = step.call is Call.SEND and step.length > 1
        yield step.data.decode().splitlines() if told else []


def instants(steps: list[Step]) -> list[int]:
    """Some of those just after an answer, and as many others."""
    dice = random.Random(SEED)
    answers = [n for n, lines in enumerate(heard(steps), start=1) if '"acked"' in str(lines)]
    others = range(1, len(steps))
    return sorted(
        {*dice.sample(answers, min(len(answers), CUTS // 2)), *dice.sample(others, CUTS // 2)}
    )


@pytest.fixture
def lived(folder: Path, disk: FaultyDisk) -> Callable[..., Iterator[tuple[Path, Memory]]]:
    """Lives by a plan; then what power cuts at some instants leave, and what was known at each."""

    def cuts(**plan: object) -> Iterator[tuple[Path, Memory]]:
        disk.keep_record()
        live(folder, disk, calls=Call.SYNC, examined=False, **plan)
        steps = disk.recorded()
        lines = list(heard(steps))
        memory, taken = Memory(), 0
        at = instants(steps)
        for instant, left in zip(at, cut_at(steps, at, folder, SEED), strict=True):
            for line in (line for told in lines[taken:instant] for line in told):
                memory.hear(line)
            taken = instant
            yield left, memory

    return cuts


async def hold_to_it(cuts: Iterator[tuple[Path, Memory]]) -> None:
    """Open what each power cut left, and look for everything that was acknowledged before it."""
    for left, memory in cuts:
        await examine(left, memory)


KILLED = {"action": Action.KILL, "stride": 2}
FAILED = {"action": Action.FAIL, "error": errno.EIO, "sticky": False}


@pytest.mark.parametrize("plan", [KILLED, FAILED], ids=["killed", "a sync failed"])
async def test_nothing_acknowledged_is_lost_by_a_power_cut(
    lived: Callable[..., Iterator[tuple[Path, Memory]]], plan: dict[str, int]
) -> None:
    await hold_to_it(lived(**plan))


async def test_with_synchronous_normal_a_power_cut_takes_the_end_alone_and_no_cursor_counts_any_more(
    lived: Callable[..., Iterator[tuple[Path, Memory]]], folder: Path
) -> None:
    """What is written next gets the numbers of what is gone."""
    shorter = 0
    for left, memory in lived(**KILLED, synchronous="NORMAL"):
        epoch, there = await after_the_next_start(left)
        await examine(left, Memory(asked=memory.asked))
        if memory.acked.keys() - there:
            shorter += 1
            assert epoch != epoch_in(folder)
    assert shorter


async def after_the_next_start(left: Path) -> tuple[str, set[str]]:
    """The store's epoch, and the client_ids that are there, once the machine is up again."""
    database = await Database.open(left, fatal=pytest.fail, boot=lambda: "the next one")
    log = SqliteLog(database)
    records = [record for where in WHERE for record in await log.read(ConversationId(where), 0)]
    epoch = database.identity.epoch
    await database.close()
    return epoch, {str(record.entry.client_id) for record in records}


def epoch_in(folder: Path) -> str:
    with closing(sqlite3.connect(folder / FOLDER / FILE)) as connection:
        (epoch,) = connection.execute("SELECT epoch FROM store").fetchone()
        return epoch


@pytest.mark.parametrize(
    "plan",
    [{**KILLED, "synchronous": "NORMAL"}, {**FAILED, "trusting": True}],
    ids=["no sync before an answer", "what an end left behind is trusted"],
)
async def test_a_store_that_answers_too_early_is_found_out(
    lived: Callable[..., Iterator[tuple[Path, Memory]]], plan: dict[str, int]
) -> None:
    with pytest.raises(AssertionError, match="was acked at"):
        await hold_to_it(lived(**plan))
