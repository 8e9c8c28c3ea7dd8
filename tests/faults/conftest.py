"""A faulty disk for a test, and for every process that it starts."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from parley.adapters.sqlite.database import RESERVE_BYTES
from tests.support.faulty_disk import FaultyDisk

MEMORY = Path("/dev/shm")
ENOUGH_BYTES = 4 * RESERVE_BYTES


def pytest_runtest_setup() -> None:
    if not shutil.which("cc"):
        pytest.skip("cc is not installed")


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FaultyDisk:
    """What processes that start from now on have their database on; sound until it is armed."""
    disk = FaultyDisk.of(tmp_path)
    for name, value in disk.environment.items():
        monkeypatch.setenv(name, value)
    return disk


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder in memory where there is such a place: what matters here is which calls are made, not what they cost."""
    roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ENOUGH_BYTES
    within = MEMORY if roomy else None
    with tempfile.TemporaryDirectory(prefix="parley-faults-", dir=within) as name:
        yield Path(name)
