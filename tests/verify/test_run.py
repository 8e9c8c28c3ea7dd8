"""`parley verify` as people run it: against the real server, and against one that breaks a promise."""

import json
import os
import signal
import subprocess
import sys
import time
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


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_ended_from_outside_it_leaves_no_server_behind(
    tmp_path: Path, number: signal.Signals
) -> None:
    if number is signal.SIGKILL and sys.platform != "linux":
        pytest.skip("only Linux ends a process with its parent")
    noted = tmp_path / "pid"
    run_it = f"{sys.executable} -m parley serve --port {{port}} --data {{data}}"
    script = tmp_path / "serve.sh"
    script.write_text(f"echo $$ > {noted}\nexec {run_it.format(port='$1', data='$2')}\n")
    command = ["-m", "parley", "verify", "--serve", f"sh {script} {{port}} {{data}}"]
    process = subprocess.Popen(
        [sys.executable, *command], cwd=tmp_path, env=environment(tmp_path), stderr=subprocess.PIPE
    )
    while not (noted.exists() and noted.read_text()):
        assert process.poll() is None
        time.sleep(0.05)
    server = int(noted.read_text())
    process.send_signal(number)
    _, said = process.communicate()
    if number is signal.SIGTERM:
        assert process.returncode == 1
        assert b"Interrupted" in said
    while alive(server):
        time.sleep(0.05)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


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
