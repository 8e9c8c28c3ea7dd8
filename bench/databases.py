"""The MongoDB that servers are measured on: the one that is given, else a FerretDB of the bench's own.

It runs on the load generator's core, and its processor time is nobody's.
"""

import os
import secrets
import shutil
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from bench.processes import ServerFailed, cores, pinned
from tests.support.ferretdb import PROGRAM, FerretDB, NoGo, database_on

GIVEN: Final = os.environ.get("PARLEY_TEST_MONGODB", "")


def missing() -> str | None:
    """What keeps a server from being there, None if nothing does."""
    if GIVEN or PROGRAM.exists() or shutil.which("go"):
        return None
    return "neither is a MongoDB given, nor Go installed to build FerretDB"


class Databases:
    """Databases by name, on one server that is started when the first is asked for."""

    def __init__(self, folder: Path) -> None:
        self._server = FerretDB(folder / "ferretdb")
        self._running = False
        self._run = f"parley_bench_{secrets.token_hex(4)}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.kill()

    def uri(self, name: str) -> str:
        """The URI of this run's database of that name. On a server that was given, databases stay behind.

        Raises:
            ServerFailed: It can't be built.
        """
        if not GIVEN and not self._running:
            try:
                with pinned(cores()[1]):
                    self._server.start()
            except NoGo:
                raise ServerFailed("Go, which builds FerretDB, is not installed") from None
            self._running = True
        return database_on(GIVEN or self._server.uri, f"{self._run}_{name.replace('-', '_')}")
