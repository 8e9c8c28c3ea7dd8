"""One process of Parley: what it takes hold of, in which order it starts, and stops."""

import asyncio
import gc
import os
import signal
import socket
import threading
from contextlib import AbstractContextManager, AsyncExitStack, nullcontext
from typing import Final

import structlog
import uvloop

from parley.adapters.files.data_folder import DataFolder, DataFolderError
from parley.adapters.logs import lines
from parley.adapters.uvicorn.http_server import HttpServer, listen
from parley.bootstrap.doors import build
from parley.model.errors import Unavailable
from parley.settings import Settings, without_credentials
from parley.socketio.server import Server
from parley.stores import CannotOpenStore

CLOSING_SECONDS: Final = 5
"""What closing the store and everything behind the doors may take, once nobody is served any more."""

log = structlog.get_logger("parley")


class CannotStart(Exception):
    """Something that an operator can put right stands in the way; the message says what."""


def serve(settings: Settings) -> None:
    """Run one node until SIGTERM or SIGINT, then stop it in order.

    Raises:
        CannotStart: Before anything was served.
    """
    lines.configure(settings.log_level, settings.log_format)
    try:
        with (
            DataFolder(settings.data, allow_network=settings.allow_network_data) as folder,
            _listener(settings.host, settings.port, "--host and --port") as listener,
            _metrics_listener(settings) as metrics_listener,
            asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
        ):
            runner.run(Node(settings, folder).run(listener, metrics_listener))
    except (DataFolderError, CannotOpenStore) as error:
        raise CannotStart(str(error)) from error
    except Unavailable as error:
        message = "The store can't answer what a start asks it; the lines before say why."
        raise CannotStart(message) from error


class Node:
    """Its parts are made from the inside out, and stopped from the outside in."""

    def __init__(self, settings: Settings, folder: DataFolder) -> None:
        self._settings = settings
        self._folder = folder
        self._draining = False

    async def run(self, listener: socket.socket, metrics_listener: socket.socket | None) -> None:
        """Start, serve on the listeners, stop when a signal says so."""
        async with AsyncExitStack() as inside:
            doors = await build(self._settings, self._folder, inside, lambda: self._draining)
            if metrics_listener is not None:
                await doors.metrics.start(metrics_listener)
                inside.push_async_callback(doors.metrics.stop, within_seconds=1)
            told_to_stop = (
                _heed_signals()
            )  # before anybody is served, whose answers they would cost
            await doors.http.start(listener)
            gc.collect()
            gc.freeze()  # what lives now lives on: no collection need walk it again
            settings = self._settings
            log.info(
                "serving",
                url=_url(listener),
                data=str(settings.data),
                store=without_credentials(settings.store),
                bus=settings.bus,
            )
            await told_to_stop.wait()
            log.info("stopping", within_seconds=settings.drain_seconds)
            watchdog = _end_within(settings.drain_seconds + CLOSING_SECONDS)
            await self._drain(doors.sockets, doors.http)
        watchdog.cancel()
        log.info("stopped")

    async def _drain(self, sockets: Server, http: HttpServer) -> None:
        """Begin nothing new, finish what is under way, cut every socket.

        Sockets go one after another, over a quarter of the time, so that their clients don't all return at once. Each
        waits for the answers that it is still to have, at most until three quarters have passed.
        """
        self._draining = True
        loop = asyncio.get_running_loop()
        seconds = self._settings.drain_seconds
        end = loop.time() + seconds
        await sockets.shutdown(deadline=0.75 * seconds, spread=0.25 * seconds)
        await http.stop(within_seconds=max(0.0, end - loop.time()))


def _end_within(seconds: float) -> threading.Timer:
    """Ends the process if it has not ended by then, whatever it waits for. What was acknowledged is in the store."""

    def end() -> None:
        log.error("stopping takes too long and is broken off; nothing acknowledged is lost")
        os._exit(1)

    watchdog = threading.Timer(seconds, end)
    watchdog.daemon = True
    watchdog.start()
    return watchdog


def _heed_signals() -> asyncio.Event:
    """What is set by the first SIGTERM or SIGINT; a second one ends the process, which loses nothing acknowledged."""
    loop = asyncio.get_running_loop()
    told = asyncio.Event()

    def stop() -> None:
        told.set()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_DFL)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    return told


def _listener(host: str, port: int, choose: str) -> socket.socket:
    try:
        return listen(host, port)
    except OSError as error:
        # The standard library appends the address to the reason, which would say it twice.
        reason = (error.strerror or str(error)).partition(" (")[0]
        message = (
            f"Can't listen on {host} port {port}: {reason}. Choose another address with {choose}."
        )
        raise CannotStart(message) from error


def _metrics_listener(settings: Settings) -> AbstractContextManager[socket.socket | None]:
    if not settings.metrics_port:
        return nullcontext()
    names = "PARLEY_METRICS_HOST and PARLEY_METRICS_PORT"
    return _listener(settings.metrics_host, settings.metrics_port, names)


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    shown = {"127.0.0.1": "localhost", "0.0.0.0": "localhost", "::": "localhost"}.get(host, host)  # noqa: S104
    return f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"
