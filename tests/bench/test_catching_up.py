"""The measurement of catching up runs; at this size no figure means anything."""

import subprocess
import sys

from bench.paths import ROOT


def test_it_runs() -> None:
    sizes = ("--people", "4", "--conversations", "6", "--messages", "700")
    done = subprocess.run(
        [sys.executable, "-m", "bench.catching_up", *sizes],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    new, back, again = done.stdout.splitlines()
    assert " 0 entries" in new
    assert " 0 entries" not in back
    assert " 0 entries in 1 answers" in again
