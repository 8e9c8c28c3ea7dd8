"""At every step of its work the process is killed, or the disk fails: what was acknowledged is there, once."""

import errno
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.faults.lives import DONE, ENDED, REFUSED
from tests.faults.power import FOLDER
from tests.support.faulty_disk import Action, Call, FaultyDisk

ROOT = Path(__file__).parents[2]
KILLED = -9


def live(folder: Path, disk: FaultyDisk, **plan: object) -> Counter[int]:
    """Lives by this plan, and how many ended with which exit code."""
    disk.watch(f"{folder}/{FOLDER}*")
    (folder / FOLDER).mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.lives", str(folder / FOLDER), json.dumps(plan)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return Counter({int(code): count for code, count in json.loads(done.stdout).items()})


def test_killed_at_any_call_it_loses_nothing_that_was_acknowledged(
    folder: Path, disk: FaultyDisk
) -> None:
    endings = live(folder, disk, calls=Call.CHANGE, action=Action.KILL)
    assert endings[KILLED] > 60


def test_killed_in_the_middle_of_a_write_it_loses_nothing_that_was_acknowledged(
    folder: Path, disk: FaultyDisk
) -> None:
    endings = live(folder, disk, calls=Call.WRITE, action=Action.TORN, stride=3)
    assert endings[KILLED] > 15


@pytest.mark.parametrize(
    "plan",
    [
        pytest.param({"calls": Call.SYNC, "error": errno.EIO}, id="no sync"),
        pytest.param({"calls": Call.SYNC, "error": errno.EIO, "sticky": False}, id="once no sync"),
        pytest.param({"calls": Call.WRITE, "error": errno.EIO, "stride": 7}, id="no write"),
        pytest.param({"calls": Call.WRITE, "error": errno.ENOSPC, "stride": 7}, id="no space"),
        pytest.param(
            {"calls": Call.WRITE, "error": errno.ENOSPC, "stride": 7, "action": Action.SHORT},
            id="no space for all",
        ),
        pytest.param({"calls": Call.READ, "error": errno.EIO, "stride": 9}, id="no read"),
        pytest.param({"calls": Call.TRUNCATE | Call.REMOVE, "error": errno.EIO}, id="no removal"),
    ],
)
def test_where_the_disk_fails_nothing_is_acknowledged_that_is_not_there(
    folder: Path, disk: FaultyDisk, plan: dict[str, int]
) -> None:
    endings = live(folder, disk, **{"action": Action.FAIL} | plan)
    assert endings[ENDED] + endings[REFUSED] > 0
    assert endings[DONE] > 0
