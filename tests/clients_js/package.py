"""Builds the package, and drives devices that run on it."""

import json
import os
import queue
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "clients" / "js"
BUILT = PACKAGE / "build" / "test"
PATIENCE_S = 90
COMPILING_S = 240
TESTING_S = 120
"""For one test of the package; Node then says which it was."""


def require_npm() -> None:
    """Skip the test where the workspace's packages are not installed."""
    if shutil.which("node") is None:
        pytest.skip("node is not installed")
    if not (ROOT / "node_modules" / "typescript").is_dir():
        pytest.skip("node_modules is missing: run `make setup` with npm installed")


def compile_package(project: str) -> None:
    """Compile by this configuration; the compiler's complaints are the test's."""
    require_npm()
    done = run(
        [str(ROOT / "node_modules" / ".bin" / "tsc"), "--project", str(PACKAGE / project)],
        COMPILING_S,
    )
    assert done.returncode == 0, done.stdout


def run_tests(*names: str, **environment: str) -> None:
    """Run these test files of the package in Node."""
    files = [str(BUILT / f"{name}.test.js") for name in names]
    done = run(
        ["node", "--test", f"--test-timeout={TESTING_S * 1000}", *files],
        TESTING_S + 60,
        env=os.environ | environment,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def run(
    command: list[str], seconds: float, env: Mapping[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run it in the package's folder. Past its time it is ended, with what it started, and the test shows its words."""
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=PACKAGE,
        env=env,
        process_group=0,
    ) as process:
        try:
            said, complained = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            said, complained = process.communicate()
            pytest.fail(f"{command} ran for over {seconds} s; it said: {said}{complained}")
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    return subprocess.CompletedProcess(command, process.returncode, said, complained)


class Device:
    """A device in a process of its own; tests wait for what it shows."""

    def __init__(self, url: str) -> None:
        self._process = subprocess.Popen(
            ["node", str(BUILT / "device.js"), url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=PACKAGE,
        )
        self._news: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self.state: dict[str, Any] = {}
        threading.Thread(target=self._listen, daemon=True).start()

    def do(self, what: str, **arguments: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": what, **arguments}) + "\n")
        self._process.stdin.flush()

    def until(self, holds: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
        """What it shows once that holds."""
        while not (self.state and holds(self.state)):
            state = self._news.get(timeout=PATIENCE_S)
            assert state is not None, f"the device ended; it showed {self.state}"
            self.state = state
        return self.state

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            stream.close()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        try:
            for line in self._process.stdout:
                self._news.put(json.loads(line))
        except ValueError:
            pass  # closed under the reader, at the end of the test
        self._news.put(None)
