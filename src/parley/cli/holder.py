"""Whoever holds the data folder does what commands ask for: the running server, or else this very process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final, Protocol, TypeVar

import msgspec

from parley.adapters.files.data_folder import DataFolder, DataFolderError, InUse
from parley.adapters.sqlite.database import FILES
from parley.bootstrap.operations import operations
from parley.control.address import reachable
from parley.control.operations import Operations, Report
from parley.control.protocol import (
    Ask,
    Done,
    Progress,
    Refused,
    decode_answer,
    decode_line,
    encode,
)
from parley.model.errors import ChatError
from parley.settings import Settings
from parley.stores import CannotOpenStore

T = TypeVar("T")

PATIENCE_SECONDS: Final = 5.0
"""How long a holder may take to listen: a server that starts opens its store first."""

PAUSE_SECONDS: Final = 0.1
MOST_LINE_BYTES: Final = 64 * 1024 * 1024


class NotDone(Exception):
    """What was asked for was not done, or can't be known to be; the message says why."""


class Holder(Protocol):
    """Carries a request out, here or elsewhere."""

    async def ask(self, ask: Ask[T], report: Report) -> T:
        """The answer to a request; `report` hears how it goes.

        Raises:
            NotDone: With the reason, in words.
        """


def silent(_what: str, _done: int, _total: int) -> None:
    """Who reports to nobody."""


@asynccontextmanager
async def holder(settings: Settings, *, must_exist: bool = False) -> AsyncIterator[Holder]:
    """The running server where one holds the data folder; else the store is opened here.

    With MongoDB too: where a server on this machine holds the folder, sessions that it remembers end at once.

    Raises:
        NotDone: The folder or the store can't be used.
    """
    if must_exist and settings.store == "sqlite":
        _require_database(settings.data)
    async with AsyncExitStack() as inside:
        yield await _found(settings, inside)


def _require_database(folder: Path) -> None:
    """Pass a folder with a database: of one whose disk is not mounted an empty backup would be made, and look well."""
    if not folder.is_dir():
        message = f"There is no data folder {folder}."
        raise NotDone(message)
    if not any((folder / name).exists() for name in FILES):
        message = f"There is no database in the data folder {folder}."
        raise NotDone(message)


async def _found(settings: Settings, inside: AsyncExitStack) -> Holder:
    try:
        folder = None
        if settings.store == "sqlite" or settings.data.is_dir():
            data = DataFolder(settings.data, allow_network=settings.allow_network_data)
            folder = inside.enter_context(data)
        return _Here(await operations(settings, folder, inside))
    except InUse as in_use:
        return _Server(settings.data, in_use.holder)
    except (DataFolderError, CannotOpenStore) as error:
        raise NotDone(str(error)) from error


class _Here:
    def __init__(self, operations: Operations) -> None:
        self._operations = operations

    async def ask(self, ask: Ask[T], report: Report) -> T:
        try:
            return await self._operations.carry_out(ask, report)
        except ChatError as error:
            raise NotDone(error.message) from error


class _Server:
    def __init__(self, folder: Path, process: str) -> None:
        self._folder = folder
        self._process = process

    async def ask(self, ask: Ask[T], report: Report) -> T:
        reader, writer = await self._connected()
        try:
            writer.write(encode(ask))
            await writer.drain()
            while True:
                line = decode_line(await reader.readuntil())
                match line:
                    case Progress():
                        report(line.what, line.done, line.total)
                    case Refused():
                        raise NotDone(line.message)
                    case Done():
                        return decode_answer(ask, line)
        except (OSError, asyncio.IncompleteReadError) as error:
            message = "The server ended before it answered: whether this was done is open."
            raise NotDone(message) from error
        except msgspec.DecodeError as error:
            message = "The server answers what this command does not know. Use the same version of Parley for both."
            raise NotDone(message) from error
        finally:
            writer.close()

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        loop = asyncio.get_running_loop()
        until = loop.time() + PATIENCE_SECONDS
        while True:
            try:
                with reachable(self._folder) as path:
                    return await asyncio.open_unix_connection(path, limit=MOST_LINE_BYTES)
            except (FileNotFoundError, ConnectionRefusedError) as error:
                if loop.time() >= until:
                    message = (
                        f"Process {self._process} holds the data folder {self._folder} and takes no commands: it is "
                        "starting or stopping, or another command at work. Try again."
                    )
                    raise NotDone(message) from error
                await asyncio.sleep(PAUSE_SECONDS)
            except OSError as error:
                message = f"The server's control socket can't be used: {error.strerror or error}."
                raise NotDone(message) from error
