"""Runs the load generator: ready, work, result, hold."""

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from bench.build import binary
from bench.processes import cores, pinned


class LoadFailed(Exception):
    """The server did not do what was asked; the text says what came instead."""


@dataclass(frozen=True, slots=True)
class Result:
    """What the load generator saw."""

    counts: dict[str, int]
    seconds: float
    cpu_seconds: float
    held_back: int
    delivery_us: dict[str, float]
    completion_us: dict[str, float]


class Generator:
    """The load generator, connected and warmed up while it is entered.

    Raises:
        LoadFailed: from `__enter__` and `perform`.
    """

    def __init__(self, arguments: Sequence[str]) -> None:
        self._command = [str(binary("load")), *arguments]
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        with pinned(cores()[1]):
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        try:
            self._wait_until_ready()
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

    def perform(self) -> Result:
        """Does the work and waits until all that was sent has arrived."""
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write("go\n")
        self._process.stdin.flush()
        line = self._read_line()
        seen: dict[str, Any] = json.loads(line) if line.startswith("{") else {"errors": 1}
        if seen["errors"]:
            raise LoadFailed(_reason(line))
        counted = ("messages", "deliveries", "connects", "pings", "connections")
        return Result(
            counts={name: seen[name] for name in counted},
            seconds=seen["seconds"],
            cpu_seconds=seen["load_cpu_seconds"],
            held_back=seen["held_back"],
            delivery_us=seen["delivery_us"],
            completion_us=seen["completion_us"],
        )

    def _wait_until_ready(self) -> None:
        if (line := self._read_line()) != "ready":
            raise LoadFailed(_reason(line))

    def _read_line(self) -> str:
        """One line, or stderr where none came. The generator itself sees to it that one comes."""
        assert self._process is not None
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        line = self._process.stdout.readline().strip()
        return line or self._process.stderr.read().strip()

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with process:  # closes the pipes: the end of stdin is the sign to go
            try:
                process.communicate(timeout=5)
            except subprocess.TimeoutExpired:
                process.kill()


def _reason(line: str) -> str:
    if line.startswith("{"):
        seen = json.loads(line)
        return f"{seen['first_error']} ({seen['errors']} errors)"
    return line or "the load generator ended without a word"
