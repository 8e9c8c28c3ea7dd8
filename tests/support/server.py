"""Parley as people run it: a process of its own, on a free port, with a data folder of its own."""

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

START_SECONDS = 240
"""It takes three; on a machine where everybody tests at once it has taken two minutes."""


class ServerProcess:
    """`parley serve`; its log lines are read as they come, so that tests wait for what they say and not for time."""

    def __init__(
        self,
        data: Path,
        *,
        flags: tuple[str, ...] = (),
        on_line: Callable[[dict[str, Any]], None] = lambda _line: None,
        **settings: str,
    ) -> None:
        self.data = data
        self._on_line = on_line
        self.flags = flags
        self.settings = settings
        self.url = ""
        self.lines: list[dict[str, Any]] = []

    def start(self) -> Self:
        """Return once it serves. May be called again after it ended."""
        self.launch()
        try:
            self.url = self.wait_for("serving", START_SECONDS)["url"]
        except BaseException:
            self.kill()
            raise
        return self

    def launch(self) -> None:
        """Return while it may still be starting."""
        self._news: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "parley", "serve", *self.flags],
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.data.parent,
            env=environment(self.data, **self.settings),
            process_group=0,  # no session: a busy machine's kernel would give it a share of its own
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def wait_for(self, event: str, seconds: float = 120) -> dict[str, Any]:
        """The next log line whose event begins so."""
        while (line := self._news.get(timeout=seconds)) is not None:
            if line["event"].startswith(event):
                return line
        raise AssertionError(f"it ended before it said {event!r}: {self.lines[-5:]}")

    @property
    def pid(self) -> int:
        return self._process.pid

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def exit_code(self, seconds: float = 60) -> int:
        """Wait until it has ended; negative where a signal ended it."""
        code = self._process.wait(seconds)
        self._reader.join()
        return code

    def stop(self) -> int:
        self.signal(signal.SIGTERM)
        return self.exit_code()

    def kill(self) -> None:
        """End it, and what it started, in the middle of whatever it does."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self.exit_code()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()

    def _read(self) -> None:
        assert self._process.stderr is not None
        with self._process.stderr as stream:
            for text in stream:
                line = json.loads(text) if text.startswith("{") else {"event": text.rstrip("\n")}
                self.lines.append(line)
                self._on_line(line)
                self._news.put(line)
        self._news.put(None)


def environment(data: Path, **settings: str) -> dict[str, str]:
    """This process's environment without its settings of Parley, and with these."""
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("PARLEY_")}
    own = {"data": str(data), "port": "0", "log_format": "json", **settings}
    return inherited | {f"PARLEY_{name.upper()}": value for name, value in own.items()}
