"""The server under proof: one of our own, in a temporary folder, or one that somebody runs."""

import asyncio
import contextlib
import ctypes
import os
import random
import shlex
import signal
import socket
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

STARTING_SECONDS: Final = 180
STOPPING_SECONDS: Final = 45
PR_SET_PDEATHSIG: Final = 1
PAUSE_SECONDS: Final = (0.1, 2.5)
TAIL_CHARS: Final = 2_000


class Failed(Exception):
    """The server can't be started, or started again; the message says why."""


class Server(ABC):
    """What can be done to a server."""

    faults: Sequence[str] = ()
    """The names of the methods that break it."""

    def __init__(self, url: str) -> None:
        self.url = url
        parts = urlsplit(url)
        self.host, self.port = parts.hostname or "127.0.0.1", parts.port or 80
        self.incidents: list[str] = []

    @abstractmethod
    async def start(self) -> None:
        """Return once it takes connections.

        Raises:
            Failed: It does not.
        """

    @abstractmethod
    async def stop(self) -> None:
        """At the end of the run: in order, where it is ours."""

    async def reached(self, alive: "asyncio.subprocess.Process | None" = None) -> None:
        """Return once it takes connections."""
        until = time.monotonic() + STARTING_SECONDS
        while True:
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection(self.host, self.port)
                writer.close()
                return
            if alive is not None and alive.returncode is not None:
                raise Failed(f"The server ended with code {alive.returncode} while it started.")
            if time.monotonic() > until:
                raise Failed(f"{self.url} takes no connections.")
            await asyncio.sleep(0.02)


class GivenServer(Server):
    """Somebody's. It is broken by a command of theirs, which has to bring it up again too."""

    def __init__(self, url: str, restart_command: str | None) -> None:
        super().__init__(url)
        self._command = restart_command
        if restart_command is not None:
            self.faults = ("restart",)

    async def start(self) -> None:
        await self.reached()

    async def stop(self) -> None:
        """Nothing: it goes on as it was found."""

    async def restart(self) -> None:
        """Run the command that was given."""
        process = await asyncio.create_subprocess_shell(self._command or "true")
        if code := await process.wait():
            raise Failed(f"The restart command ended with code {code}.")
        await self.reached()


class OwnServer(Server):
    """A process of ours, in a folder of ours. `{port}` and `{data}` stand for themselves in its command."""

    faults = ("kill", "kill", "terminate", "pause")

    def __init__(
        self,
        command: Sequence[str],
        folder: Path,
        settings: Mapping[str, str],
        dice: random.Random,
        *,
        cwd: Path | None = None,
    ) -> None:
        super().__init__(f"http://127.0.0.1:{free_port()}")
        filled = {"{port}": str(self.port), "{data}": str(folder / "data")}
        self._command = [filled.get(word, word) for word in command]
        self._folder = folder
        self._settings = dict(settings)
        self._dice = dice
        self._cwd = cwd or folder
        self._process: asyncio.subprocess.Process | None = None
        self._ending = False
        self._watch: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._ending = False
        with (self._folder / "server.log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                stdout=log,
                stderr=log,
                stdin=asyncio.subprocess.DEVNULL,
                cwd=self._cwd,
                env={**os.environ, **self._settings},
                start_new_session=True,
                preexec_fn=_die_with_us,
            )
        try:
            await self.reached(self._process)
        except Failed as error:
            raise Failed(f"{error} It said: {self._said()}") from None
        self._watch = asyncio.create_task(self._noticed(self._process))

    async def stop(self) -> None:
        if self._process is not None and self._process.returncode is None:
            await self._end(signal.SIGTERM)

    async def kill(self) -> None:
        """End it in the middle of whatever it does, and start it again."""
        await self._end(signal.SIGKILL)
        await self.start()

    async def terminate(self) -> None:
        """Ask it to stop, which it has to do in order and in time; and start it again."""
        await self._end(signal.SIGTERM)
        await self.start()

    async def pause(self) -> None:
        """Let nothing of it run for a moment."""
        self._signal(signal.SIGSTOP)
        try:
            await asyncio.sleep(self._dice.uniform(*PAUSE_SECONDS))
        finally:
            self._signal(signal.SIGCONT)

    async def _end(self, number: signal.Signals) -> None:
        process = self._process
        if process is None:
            return
        self._ending = True
        self._signal(number)
        try:
            code = await asyncio.wait_for(process.wait(), STOPPING_SECONDS)
        except TimeoutError:
            self.incidents.append(f"it still ran {STOPPING_SECONDS} s after {number.name}")
            self._signal(signal.SIGKILL)
            await process.wait()
            return
        if number is signal.SIGTERM and code not in (0, -number):
            self.incidents.append(f"told to stop, it ended with code {code}: {self._said()}")

    async def _noticed(self, process: asyncio.subprocess.Process) -> None:
        code = await process.wait()
        if not self._ending:
            self.incidents.append(f"it ended by itself with code {code}: {self._said()}")
            with contextlib.suppress(Failed):
                await self.start()

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)

    def _said(self) -> str:
        text = (self._folder / "server.log").read_text(errors="replace")
        return text[-TAIL_CHARS:].strip() or "nothing"


def _die_with_us() -> None:
    """In the new process: have the kernel kill it when its parent is gone, however that ended. Linux alone can."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL))


def parley_command() -> list[str]:
    """How Parley is run with everything in one folder."""
    return [sys.executable, "-m", "parley", "serve", "--port", "{port}", "--data", "{data}"]


def words(command: str) -> list[str]:
    """A command line, as a shell would split it."""
    return shlex.split(command)


def free_port() -> int:
    """A port that nobody listens on right now; the same is used again after every start."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
