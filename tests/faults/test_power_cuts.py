"""A power cut at any instant leaves of what was not synced anything or nothing: what was acknowledged is there."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.lives import Memory, examine
from tests.faults.power import cut_at
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


@pytest.mark.parametrize(
    "plan",
    [
        pytest.param({"action": Action.KILL, "stride": 2}, id="killed"),
        pytest.param({"action": Action.FAIL, "error": 5, "sticky": False}, id="a sync failed"),
    ],
)
async def test_nothing_acknowledged_is_lost_by_a_power_cut(
    folder: Path, disk: FaultyDisk, plan: dict[str, int]
) -> None:
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
        await examine(left, memory)


async def test_with_synchronous_normal_a_power_cut_takes_the_end_alone(
    folder: Path, disk: FaultyDisk
) -> None:
    disk.keep_record()
    live(
        folder,
        disk,
        calls=Call.SYNC,
        action=Action.KILL,
        stride=3,
        synchronous="NORMAL",
        examined=False,
    )
    steps = disk.recorded()
    asked = Memory()
    for line in (line for told in heard(steps) for line in told):
        asked.hear(line)
    asked.acked.clear()
    at = instants(steps)[:: CUTS // 20]
    for left in cut_at(steps, at, folder, SEED):
        await examine(left, asked)
