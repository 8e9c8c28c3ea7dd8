"""The door itself: a socket in the data folder, for its owner alone."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import msgspec

from parley.control.address import NAME, reachable
from parley.control.operations import Operations
from parley.control.protocol import (
    MOST_REQUEST_BYTES,
    Ask,
    Done,
    OtherVersion,
    Progress,
    Refused,
    decode_ask,
    encode,
)
from parley.model.errors import ChatError

logger = logging.getLogger(__name__)

OWNER_ONLY: Final = 0o600
MOST_CONNECTIONS: Final = 16
SECONDS_TO_ASK: Final = 10
SECONDS_TO_READ: Final = 10
PROGRESS_SECONDS: Final = 0.1
MOST_UNSENT_BYTES: Final = 64 * 1024
"""Of a client that reads no more; progress lines are left out then, the last line is not."""

BUSY: Final = Refused("rate_limited", "Too many commands are at work; try again.")
NO_REQUEST: Final = Refused("invalid", "This is no request that this server knows.")
TOO_SLOW: Final = Refused("invalid", "No request came.")
FAILED: Final = Refused("internal", "Something went wrong in the server; its log says more.")


class ControlDoor:
    """Each connection carries one request; its work ends with it, and with the door."""

    def __init__(self, operations: Operations) -> None:
        self._operations = operations
        self._connections: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._file: Path | None = None

    async def open(self, folder: Path) -> None:
        """Listen in this folder, which this process owns: a socket that lies there is of one that is gone.

        Where the path is too long for this system, commands go without: the log says so.
        """
        self._file = folder / NAME
        self._file.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            with reachable(folder) as path:
                listener.bind(path)
            # Nobody can connect before it listens, so nobody else ever could.
            self._file.chmod(OWNER_ONLY)
            self._server = await asyncio.start_unix_server(
                self._connected, sock=listener, limit=MOST_REQUEST_BYTES
            )
        except OSError:
            listener.close()
            self._file = None
            logger.warning(
                "no control socket in %s; commands can't be given", folder, exc_info=True
            )

    async def close(self) -> None:
        """Take no more requests, end those under way, and remove the socket."""
        if self._server is not None:
            self._server.close()
        for task in list(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        if self._file is not None:
            self._file.unlink(missing_ok=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  # the streams call this in a task
        self._connections.add(task)
        try:
            await self._serve(reader, writer)
        except OSError:
            logger.debug("a command went away", exc_info=True)
        finally:
            await _closed(writer)
            self._connections.discard(task)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        last = await self._answered(reader, writer)
        if last is not None:
            writer.write(encode(last))
            await writer.drain()

    async def _answered(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> Done | Refused | None:
        """The last line; None where nobody waits for it any more."""
        try:
            async with asyncio.timeout(SECONDS_TO_ASK):
                line = await reader.readline()
            ask = decode_ask(line)
        except TimeoutError:
            return TOO_SLOW
        except OtherVersion as other:
            return Refused("version", str(other))
        except (msgspec.DecodeError, ValueError):  # the latter for a line that does not end
            return NO_REQUEST
        if len(self._connections) > MOST_CONNECTIONS:
            return BUSY  # only now: closing what was not read to its end would reset the connection
        work = asyncio.ensure_future(self._carried_out(ask, _reporter(writer)))
        gone = asyncio.ensure_future(reader.read(1))
        try:
            await asyncio.wait((work, gone), return_when=asyncio.FIRST_COMPLETED)
            return work.result() if work.done() else None
        finally:
            for task in (work, gone):
                task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await work

    async def _carried_out(
        self, ask: Ask[Any], report: Callable[[str, int, int], None]
    ) -> Done | Refused:
        try:
            answer = await self._operations.carry_out(ask, report)
        except ChatError as error:
            return Refused(error.code, error.message)
        except Exception:
            logger.exception("a command failed")
            return FAILED
        return Done(msgspec.Raw(msgspec.json.encode(answer)))


async def _closed(writer: asyncio.StreamWriter) -> None:
    """Close a connection once what was written to it is read, or will not be."""
    writer.close()
    try:
        async with asyncio.timeout(SECONDS_TO_READ):
            await writer.wait_closed()
    except (
        OSError
    ):  # what was to be said is lost with whoever it was said to; a timeout is an OSError too
        writer.transport.abort()


def _reporter(writer: asyncio.StreamWriter) -> Callable[[str, int, int], None]:
    """Sends progress now and then, to who reads it."""
    loop = asyncio.get_running_loop()
    due = 0.0

    def report(what: str, done: int, total: int) -> None:
        nonlocal due
        if loop.time() < due or writer.transport.get_write_buffer_size() > MOST_UNSENT_BYTES:
            return
        due = loop.time() + PROGRESS_SECONDS
        writer.write(encode(Progress(what, done, total)))

    return report
