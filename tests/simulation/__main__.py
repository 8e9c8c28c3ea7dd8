"""Many seeds, or one with everything that happened in it.

python -m tests.simulation --seeds 100000
python -m tests.simulation --seed 42
"""

import argparse
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "src"))

from tests.simulation.exploring import described, explore, summed
from tests.simulation.scenario import simulate


def main() -> int:
    parser = argparse.ArgumentParser(description="The real code under virtual time.")
    parser.add_argument("--seeds", type=int, default=2_000, help="how many")
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--seed", type=int, help="one, with its trace")
    parser.add_argument("--processes", type=int)
    asked = parser.parse_args()
    if asked.seed is not None:
        outcome = simulate(asked.seed)
        print("\n".join([*outcome.trace, described(outcome)]))
        return bool(outcome.violations)
    began = time.monotonic()
    seeds = range(asked.first, asked.first + asked.seeds)
    counts, broken = summed(explore(seeds, asked.processes))
    for outcome in broken[:20]:
        print(described(outcome))
    took = time.monotonic() - began
    print(f"{dict(counts)} in {took:.0f} s, {len(broken)} runs broke a promise")
    return bool(broken)


if __name__ == "__main__":
    if (
        os.environ.get("PYTHONHASHSEED") != "0"
    ):  # sets of text are walked in an order of their own otherwise
        os.execve(
            sys.executable,
            [sys.executable, "-m", "tests.simulation", *sys.argv[1:]],
            os.environ | {"PYTHONHASHSEED": "0"},
        )
    sys.exit(main())
