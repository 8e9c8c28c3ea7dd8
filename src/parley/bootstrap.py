"""The composition root: settings, adapters, services, doors; in which order they start, and stop."""

import asyncio
import gc
import signal
import socket
from contextlib import AsyncExitStack

import structlog
import uvloop
from litestar import Litestar

from parley.adapters.files.data_folder import DataFolder, DataFolderError
from parley.adapters.logs import lines
from parley.adapters.uvicorn.http_server import HttpServer, listen
from parley.api import health
from parley.settings import Settings

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
            _listener(settings) as listener,
            asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
        ):
            runner.run(Node(settings, folder).run(listener))
    except DataFolderError as error:
        raise CannotStart(str(error)) from error


class Node:
    """One process of Parley: its parts are made from the inside out, and stopped from the outside in."""

    def __init__(self, settings: Settings, folder: DataFolder) -> None:
        self._settings = settings
        self._folder = folder
        self._stop = asyncio.Event()
        self._draining = False
        self._stack = AsyncExitStack()

    async def run(self, listener: socket.socket) -> None:
        """Start, serve on the listener, and stop when a signal says so; a second signal hurries."""
        async with AsyncExitStack() as parts:
            http = await self._start(parts)
            await http.start(listener)
            self._heed_signals(http)
            gc.collect()
            gc.freeze()  # what lives now lives on: no collection need walk it again
            log.info(
                "serving",
                url=_url(listener),
                data=str(self._folder.path),
                store=self._settings.store,
            )
            await self._stop.wait()
            log.info("stopping", within_seconds=self._settings.drain_seconds)
            self._draining = True
            await http.stop()
        log.info("stopped")

    async def _start(self, parts: AsyncExitStack) -> HttpServer:
        app = Litestar(
            [health.alive, health.ready(self._not_ready)], openapi_config=None, logging_config=None
        )
        return HttpServer(
            app,
            None,
            access_log=self._settings.access_log,
            drain_seconds=self._settings.drain_seconds,
        )

    def _not_ready(self) -> str | None:
        return "draining" if self._draining else None

    def _heed_signals(self, http: HttpServer) -> None:
        def stop() -> None:
            if self._stop.is_set():
                http.hurry()
            self._stop.set()

        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop)


def _listener(settings: Settings) -> socket.socket:
    try:
        return listen(settings.host, settings.port)
    except OSError as error:
        # The standard library appends the address to the reason, which would say it twice.
        reason = (error.strerror or str(error)).partition(" (")[0]
        message = (
            f"Can't listen on {settings.host} port {settings.port}: {reason}. "
            "Choose another address with --host and --port."
        )
        raise CannotStart(message) from error


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    shown = {"127.0.0.1": "localhost", "0.0.0.0": "localhost", "::": "localhost"}.get(host, host)  # noqa: S104
    return f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"
