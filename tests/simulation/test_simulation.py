"""The promises hold whatever happens, in thousands of drawn worlds; each can be seen again."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulation.exploring import described, explore, summed

SEEDS = 2_000
ROOT = Path(__file__).parents[2]


@pytest.mark.timeout(900)
def test_every_promise_holds_in_two_thousand_worlds() -> None:
    counts, broken = summed(explore(range(1, SEEDS + 1)))
    assert not broken, "\n".join(map(described, broken[:5]))
    assert counts["runs"] == SEEDS
    # Were it not so, the worlds would have been too quiet to prove anything.
    assert counts["starts"] > 1.2 * SEEDS
    assert counts["attempts"] > 1.05 * counts["commands"]
    assert counts["pushes"] > 10 * SEEDS


def test_a_seed_is_the_same_world_each_time() -> None:
    first, second = (_traced(7) for _ in range(2))
    assert len(first) > 500
    assert first == second


def _traced(seed: int) -> str:
    return subprocess.run(
        [sys.executable, "-m", "tests.simulation", "--seed", str(seed)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
