"""The suite's own rule about skipping: said aloud, and a failure where everything is installed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SKIPS = """
import pytest

def test_that_runs() -> None:
    pass

def test_that_lacks_something() -> None:
    pytest.skip("there is no bread")
"""
WHOLE_MODULE = """
import pytest

pytest.skip("there is no butter", allow_module_level=True)
"""


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    rule = Path(__file__).parent / "support" / "skipping.py"
    (tmp_path / "conftest.py").write_text(rule.read_text())
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "breakfast").mkdir()
    (tmp_path / "breakfast" / "test_bread.py").write_text(SKIPS)
    (tmp_path / "breakfast" / "test_butter.py").write_text(WHOLE_MODULE)
    return tmp_path


def run(path: Path, require_all: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "pytest", "-p", "no:cacheprovider", str(path)],
        env={**os.environ, "TESTS_REQUIRE_ALL": require_all},
        cwd=path if path.is_dir() else path.parent,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_each_group_that_was_skipped_is_printed_with_its_reason(suite: Path) -> None:
    done = run(suite, "")
    assert done.returncode == 0
    assert "breakfast: 1 skipped: there is no bread" in done.stdout
    assert "breakfast: 1 skipped: there is no butter" in done.stdout
    assert done.stdout.splitlines()[-1].endswith("==")


def test_where_everything_is_required_a_test_that_skips_has_failed(suite: Path) -> None:
    done = run(suite / "breakfast" / "test_bread.py", "1")
    assert done.returncode == 1
    assert "1 failed, 1 passed" in done.stdout
    assert "skipped, but TESTS_REQUIRE_ALL is set: there is no bread" in done.stdout


def test_where_everything_is_required_a_module_that_skips_has_failed(suite: Path) -> None:
    done = run(suite / "breakfast" / "test_butter.py", "1")
    assert done.returncode != 0
    assert "skipped, but TESTS_REQUIRE_ALL is set: there is no butter" in done.stdout
