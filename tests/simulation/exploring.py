"""Running many seeds, on every core."""

import logging
import multiprocessing
import os
from collections import Counter
from collections.abc import Iterable, Iterator

from tests.simulation.scenario import Outcome, simulate


def explore(seeds: Iterable[int], processes: int | None = None) -> Iterator[Outcome]:
    """The outcomes of these seeds, as they come; without traces."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(processes or os.cpu_count(), _be_quiet) as pool:
        yield from pool.imap_unordered(_one, seeds, chunksize=20)


def summed(outcomes: Iterable[Outcome]) -> tuple[Counter[str], list[Outcome]]:
    """What all runs did together, and those that broke a promise."""
    counts: Counter[str] = Counter()
    broken = []
    for outcome in outcomes:
        counts["runs"] += 1
        counts.update(outcome.counts)
        if outcome.violations:
            broken.append(outcome)
    return counts, broken


def described(outcome: Outcome) -> str:
    """What a run broke, and how to see it again."""
    lines = [f"seed {outcome.seed}: python -m tests.simulation --seed {outcome.seed}"]
    return "\n".join([*lines, *(f"  {violation}" for violation in outcome.violations[:5])])


def _be_quiet() -> None:
    logging.disable(logging.CRITICAL)  # the faults here are many, and each is logged


def _one(seed: int) -> Outcome:
    outcome = simulate(seed)
    outcome.trace = []
    return outcome
