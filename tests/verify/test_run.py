"""`parley verify` as people run it: against the real server, and against one that breaks a promise."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.server import environment

TRIES = 4
SMALL = (
    *("--seconds", "8", "--people", "3", "--devices", "2", "--conversations", "3"),
    *("--kill-every", "2", "--cut-every", "0.4", "--settle", "10"),
)
FAULTY = Path(__file__).parent / "faulty_server.py"

pytestmark = pytest.mark.timeout(900)


def verify(folder: Path, *flags: str) -> tuple[int, dict[str, Any]]:
    """The exit code and the verdict."""
    done = subprocess.run(
        [sys.executable, "-m", "parley", "verify", "--json", *flags],
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def test_the_server_keeps_every_promise_while_it_is_killed_for_30_seconds(tmp_path: Path) -> None:
    world = ("--people", "5", "--conversations", "5")
    code, verdict = verify(tmp_path, "--seconds", "30", "--kill-every", "2", "--seed", "17", *world)
    assert verdict["violations"] == []
    assert (code, verdict["holds"]) == (0, True)
    done = verdict["done"]
    assert done["kills"] >= 1
    assert done["cuts"] >= 1
    assert done["arrivals"] > done["messages"]


@pytest.mark.parametrize(
    ("fault", "codes"),
    [
        ("ack-before-commit", {"lost"}),
        ("no-resume", {"jump", "missing"}),
        ("lost-push", {"jump", "missing"}),
        ("leak", {"leak"}),
        ("removed-may-write", {"outsider"}),
        ("outsiders-may-read", {"trespass"}),
    ],
)
def test_a_fault_planted_in_the_server_is_found(
    tmp_path: Path, fault: str, codes: set[str]
) -> None:
    """A busy machine may leave no time for the fault to show: then it is looked for again."""
    command = f"{sys.executable} {FAULTY} {fault} serve --port {{port}} --data {{data}}"
    found: set[str] = set()
    for seed in range(TRIES):
        code, verdict = verify(tmp_path, "--serve", command, "--seed", str(seed), *SMALL)
        found |= {one["code"] for one in verdict["violations"]}
        if codes & found:
            assert code == 1
            return
    raise AssertionError(f"{fault} was not found, but {found}")
