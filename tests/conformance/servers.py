"""Servers under test as child processes: ours, and the reference that proves the tests."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pytest

ROOT = Path(__file__).resolve().parents[2]
JS = ROOT / "tests" / "js"
START_SECONDS = 120
STOP_SECONDS = 60


@dataclass(frozen=True)
class Server:
    """Where a running server listens, and what it is."""

    kind: str
    host: str
    port: int
    process: "subprocess.Popen[bytes]"

    @property
    def http(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def ws(self) -> str:
        return f"ws://{self.host}:{self.port}"


def require_node() -> None:
    """Skip the test where Node.js or the packages of tests/js are not installed."""
    if shutil.which("node") is None:
        pytest.skip("node is not installed")
    if not (JS / "node_modules" / "socket.io").is_dir():
        pytest.skip("tests/js/node_modules is missing: run `make setup` with npm installed")


@contextmanager
def running(
    kind: str, command: Sequence[str], options: Mapping[str, str], port: int | None = None
) -> Iterator[Server]:
    """Run a server on this or a free port of the loopback until the block ends.

    Raises:
        AssertionError: it did not listen, did not stop when told to, or left a traceback.
    """
    host, port = "127.0.0.1", port or free_port()
    environment = os.environ | {"HOST": host, "PORT": str(port)} | dict(options)
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command, env=environment, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
        server = Server(kind, host, port, process)
        try:
            _await_listening(server, log)
            yield server
        finally:
            stopped = _stop(process)
        assert stopped, f"the server did not stop in {STOP_SECONDS} s:\n{_text(log)}"
        assert "Traceback" not in _text(log), _text(log)


class Pool:
    """One server for each combination of kind and options, started when first asked for."""

    def __init__(self, stack: ExitStack, commands: Mapping[str, Sequence[str]]) -> None:
        self._stack = stack
        self._commands = commands
        self._running: dict[tuple[object, ...], Server] = {}

    def get(self, kind: str, **options: str) -> Server:
        """Give the server of this kind with these environment variables."""
        key = (kind, *sorted(options.items()))
        if key not in self._running:
            if kind == "reference":
                require_node()
            context = running(kind, self._commands[kind], options)
            self._running[key] = self._stack.enter_context(context)
        return self._running[key]


def free_port() -> int:
    """Find a TCP port of the loopback that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _await_listening(server: Server, log: IO[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            socket.create_connection((server.host, server.port), timeout=1).close()
        except OSError:
            assert server.process.poll() is None, f"the server ended:\n{_text(log)}"
            assert time.monotonic() < deadline, f"the server does not listen:\n{_text(log)}"
            time.sleep(0.02)
        else:
            return


def _stop(process: "subprocess.Popen[bytes]") -> bool:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return False
    return True


def _text(log: IO[bytes]) -> str:
    log.seek(0)
    return log.read().decode(errors="replace")
