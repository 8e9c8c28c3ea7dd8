"""FerretDB: what speaks MongoDB's protocol where no MongoDB is at hand. It is built from `tests/ferretdb`."""

import fcntl
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import Final

SOURCE: Final = Path(__file__).parent.parent / "ferretdb"
PROGRAM: Final = SOURCE / "build" / "ferretdb"
STARTING_SECONDS: Final = 30


class NoGo(Exception):
    """Go, which builds FerretDB, is not installed."""


class FerretDB:
    """A server with a folder of its own; it can be killed, and started again on the same port and data."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def uri(self) -> str:
        return f"mongodb://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Return once it takes connections.

        Raises:
            NoGo: It isn't built yet, and can't be.
        """
        program = built()
        self._folder.mkdir(parents=True, exist_ok=True)
        self._process = subprocess.Popen(
            [program, "-listen", f"127.0.0.1:{self.port}", "-folder", self._folder],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until = time.monotonic() + STARTING_SECONDS
        while not _answers(self.port):
            assert self._process.poll() is None, "FerretDB ended while it started"
            assert time.monotonic() < until, "FerretDB did not start"

    def kill(self) -> None:
        """End it in the middle of whatever it does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


def database_on(server: str, name: str) -> str:
    """The URI of a database, by that of its server."""
    base, _, options = server.partition("?")
    return f"{base.rstrip('/')}/{name}" + (f"?{options}" if options else "")


def built() -> Path:
    """The program, built where it is not or its source is newer.

    Raises:
        NoGo: It can't be.
    """
    sources = [*SOURCE.glob("*.go"), SOURCE / "go.mod", SOURCE / "go.sum"]
    PROGRAM.parent.mkdir(exist_ok=True)
    with (PROGRAM.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        newest = max(source.stat().st_mtime for source in sources)
        if not PROGRAM.exists() or PROGRAM.stat().st_mtime < newest:
            go = shutil.which("go")
            if go is None:
                raise NoGo
            # As a file beside it first: whoever is stopped meanwhile leaves no half of a program.
            made = PROGRAM.with_suffix(".new")
            subprocess.run([go, "build", "-trimpath", "-o", made, "."], cwd=SOURCE, check=True)
            made.rename(PROGRAM)
            os.utime(PROGRAM)
    return PROGRAM


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except ConnectionRefusedError:
        time.sleep(0.02)
        return False
    return True
