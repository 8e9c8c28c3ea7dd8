"""Server processes: pinned to a core, measured from /proc, and never left behind."""

import contextlib
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from bench.paths import ROOT

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
START_SECONDS = 120
STOP_SECONDS = 5
SHOWN_BYTES = 2000


class ServerFailed(Exception):
    """The server did not start, or ended while it was needed."""


def cores() -> tuple[int, int]:
    """The core for the server and the one for the load; the same where there is but one."""
    available = sorted(os.sched_getaffinity(0))
    return available[0], available[-1]


@contextlib.contextmanager
def pinned(core: int) -> Iterator[None]:
    """Whatever is started inside runs on this core, all its threads included."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Server:
    """One server process with its children, alive from `__enter__` to `__exit__`."""

    def __init__(self, command: Sequence[str], port: int, environment: Mapping[str, str]) -> None:
        self._command = command
        self.port = port
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None
        self._output: IO[bytes] | None = None

    def __enter__(self) -> Self:
        self._output = tempfile.TemporaryFile()
        with pinned(cores()[0]):
            self._process = subprocess.Popen(
                self._command,
                cwd=ROOT,
                env={**os.environ, **self._environment},
                stdin=subprocess.DEVNULL,
                stdout=self._output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            self._wait_until_it_listens()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()

    def cpu_seconds(self) -> float:
        """Processor time used until now by all threads and children, user and system."""
        ticks = 0
        for fields in _group(self._running().pid):
            ticks += sum(int(field) for field in fields[11:15])  # utime stime cutime cstime
        return ticks / TICKS_PER_SECOND

    def rss_bytes(self) -> int:
        """Resident memory now of all processes of the server."""
        return sum(int(fields[21]) for fields in _group(self._running().pid)) * PAGE_BYTES

    def output(self) -> str:
        """What the server printed, for the report of a failure."""
        if self._output is None:
            return ""
        descriptor = self._output.fileno()  # its offset is the server's too, so it must not move
        size = os.fstat(descriptor).st_size
        return os.pread(descriptor, SHOWN_BYTES, max(0, size - SHOWN_BYTES)).decode(
            errors="replace"
        )

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            raise ServerFailed(f"the server ended: {self.output()}")
        return self._process

    def _wait_until_it_listens(self) -> None:
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            self._running()
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
                return
            time.sleep(0.02)
        raise ServerFailed(f"the server does not listen: {self.output()}")

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(STOP_SECONDS)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            while any(fields[0] != "Z" for fields in _group(process.pid)):
                time.sleep(0.01)  # what it left behind may outlive it for a moment
        if self._output is not None:
            self._output.close()
            self._output = None


def _group(leader: int) -> Iterator[list[str]]:
    """`/proc/*/stat` of the leader's process group, from field 3 (state) on: proc(5)."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            fields = stat.read_text().rpartition(") ")[2].split()
            if fields[2] == str(leader):
                yield fields
