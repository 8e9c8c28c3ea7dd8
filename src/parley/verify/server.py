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
FINDING_SECONDS: Final = 20
"""For a server that is said to run: enough for one that is just being started, too."""
RESTARTING_SECONDS: Final = 180
FIRST_LOOK_SECONDS: Final = 0.05
MOST_LOOK_SECONDS: Final = 0.5
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

    patience_seconds: float = 300
    """How long it may take until it answers for the first time, once it takes connections."""

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

    @abstractmethod
    def slay(self) -> None:
        """End at once whatever still runs of what was started here. Needs no event loop."""

    @abstractmethod
    async def gone(self) -> Failed:
        """Return, with the reason, when it will not be up again; never while all is well."""

    async def reached(
        self, alive: "asyncio.subprocess.Process | None" = None, within: float = STARTING_SECONDS
    ) -> None:
        """Return once it takes connections."""
        until = time.monotonic() + within
        pause = FIRST_LOOK_SECONDS
        while True:
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection(self.host, self.port)
                writer.close()
                return
            if alive is not None and alive.returncode is not None:
                raise Failed(f"The server ended with code {alive.returncode} while it started.")
            if time.monotonic() > until:
                raise Failed(f"{self.url} takes no connections.")
            await asyncio.sleep(pause)
            pause = min(MOST_LOOK_SECONDS, pause * 1.5)  # looking takes time from what is to start


class GivenServer(Server):
    """Somebody's. It is broken by a command of theirs, which has to bring it up again too.

    What that command says is kept in the folder: stdout is for the verdict alone.
    """

    patience_seconds = FINDING_SECONDS

    def __init__(self, url: str, restart_command: str | None, folder: Path) -> None:
        super().__init__(url)
        self._command = restart_command
        self._log = folder / "restart.log"
        self._process: asyncio.subprocess.Process | None = None
        if restart_command is not None:
            self.faults = ("restart",)

    async def start(self) -> None:
        await self.reached(within=FINDING_SECONDS)

    async def stop(self) -> None:
        """Nothing: it goes on as it was found."""

    def slay(self) -> None:
        if self._process is not None and self._process.returncode is None:
            _slay(self._process)

    async def gone(self) -> Failed:
        await asyncio.Event().wait()
        raise AssertionError

    async def restart(self) -> None:
        """Run the command that was given."""
        with self._log.open("wb") as log:
            self._process = await asyncio.create_subprocess_shell(
                self._command or "true",
                stdout=log,
                stderr=log,
                stdin=asyncio.subprocess.DEVNULL,
                preexec_fn=_prepare,
            )
        try:
            code = await asyncio.wait_for(self._process.wait(), RESTARTING_SECONDS)
        except TimeoutError:
            raise Failed(
                f"The restart command still ran after {RESTARTING_SECONDS} s. It said: {_said(self._log)}"
            ) from None
        if code:
            raise Failed(f"The restart command ended with code {code}. It said: {_said(self._log)}")
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
        self._log = folder / "server.log"
        self._settings = dict(settings)
        self._dice = dice
        self._cwd = cwd or folder
        self._process: asyncio.subprocess.Process | None = None
        self._ending = False
        self._watch: asyncio.Task[None] | None = None
        self._lost: asyncio.Queue[Failed] = asyncio.Queue()

    async def start(self) -> None:
        self._ending = False
        try:
            self._process = await self._launch()
        except OSError as error:
            raise Failed(f"{self._command[0]} can't be run: {error.strerror}") from error
        try:
            await self.reached(self._process)
        except Failed as error:
            raise Failed(f"{error} It said: {_said(self._log)}") from None
        self._watch = asyncio.create_task(self._noticed(self._process))

    async def _launch(self) -> asyncio.subprocess.Process:
        with self._log.open("ab") as log:
            return await asyncio.create_subprocess_exec(
                *self._command,
                stdout=log,
                stderr=log,
                stdin=asyncio.subprocess.DEVNULL,
                cwd=self._cwd,
                env={**os.environ, **self._settings},
                preexec_fn=_prepare,
            )

    async def stop(self) -> None:
        if self._process is not None and self._process.returncode is None:
            await self._end(signal.SIGTERM)

    def slay(self) -> None:
        self._ending = True
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            _slay(process)

    async def gone(self) -> Failed:
        return await self._lost.get()

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
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)  # what it started and did not end itself
        if number is signal.SIGTERM and code not in (0, -number):
            self.incidents.append(f"told to stop, it ended with code {code}: {_said(self._log)}")

    async def _noticed(self, process: asyncio.subprocess.Process) -> None:
        code = await process.wait()
        if not self._ending:
            self.incidents.append(f"it ended by itself with code {code}: {_said(self._log)}")
            try:
                await self.start()
            except Failed as error:
                self._lost.put_nowait(
                    Failed(f"The server ended by itself with code {code}, and then: {error}")
                )

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)


def _said(log: Path) -> str:
    text = log.read_text(errors="replace") if log.exists() else ""
    return text[-TAIL_CHARS:].strip() or "nothing"


def _slay(process: asyncio.subprocess.Process) -> None:
    """Kill its whole group and wait for its end, be there an event loop or not."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):  # the event loop has heard of its end already
        os.waitpid(process.pid, 0)


def _prepare() -> None:
    """In the new process: a group of its own, to be killed with all that it starts, and with us, however we end.

    Not a session of its own: Linux gives each session an equal share of a busy machine, and this is one work.
    """
    os.setpgid(0, 0)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL))


def parley_command() -> list[str]:
    """How Parley is run with everything in one folder."""
    return [sys.executable, "-m", "parley", "serve", "--port", "{port}", "--data", "{data}"]


def words(command: str) -> list[str]:
    """A command line, as a shell would split it.

    Raises:
        ValueError: It is none.
    """
    found = shlex.split(command)
    if not found:
        raise ValueError("It is empty.")
    return found


def address(url: str) -> str:
    """The address of a server that was given, without the slash that it may end with.

    Raises:
        ValueError: There can be no server of this kind.
    """
    parts = urlsplit(url)
    if parts.scheme != "http" or not parts.hostname or parts.port == 0:
        raise ValueError("It takes an address as http://host:port.")
    if parts.path.strip("/") or parts.query or parts.fragment or parts.username:
        raise ValueError("It takes an address as http://host:port, with nothing behind it.")
    return f"http://{parts.netloc}"


def free_port() -> int:
    """A port that nobody listens on right now; the same is used again after every start."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
