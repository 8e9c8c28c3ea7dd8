"""The composition root: settings, adapters, services, doors; in which order they start, and stop."""

import asyncio
import gc
import hmac
import importlib.metadata
import os
import signal
import socket
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from secrets import token_bytes
from typing import Final

import msgspec
import structlog
import uvloop
from litestar import Litestar
from litestar.types import Receive, Scope, Send
from msgspec import Struct

from parley.adapters.files.data_folder import DataFolder, DataFolderError
from parley.adapters.logs import lines
from parley.adapters.memory.bus import MemoryBus
from parley.adapters.security.clock import SystemClock
from parley.adapters.security.passwords import Argon2Passwords
from parley.adapters.security.tokens import JwtTokens
from parley.adapters.sqlite.accounts import SqliteAccounts
from parley.adapters.sqlite.conversations import SqliteConversations
from parley.adapters.sqlite.database import Database
from parley.adapters.sqlite.log import SqliteLog
from parley.adapters.sqlite.schema import CannotOpen
from parley.adapters.sqlite.sessions import SqliteSessions
from parley.adapters.uvicorn.http_server import HttpServer, listen
from parley.adapters.websockets.unmasking import unmask
from parley.api.app import Services, create_app
from parley.api.cookies import Cookies
from parley.api.origins import Origins
from parley.gateway.authentication import Authentication
from parley.gateway.commands import Commands
from parley.gateway.door import Door
from parley.gateway.hub import Hub
from parley.journal.journal import Journal
from parley.model.buckets import Buckets
from parley.ports.accounts import AccountStore
from parley.ports.background import Background
from parley.ports.bus import Bus
from parley.ports.clock import Clock
from parley.ports.conversations import Conversations as Views
from parley.ports.log import Log, StoreIdentity
from parley.ports.passwords import Passwords
from parley.ports.sessions import SessionStore
from parley.ports.tokens import Tokens
from parley.services.accounts import Accounts
from parley.services.conversations import Conversations
from parley.services.messages import Messages
from parley.services.sessions import Sessions
from parley.services.sync import Sync
from parley.services.users import Users
from parley.settings import Settings
from parley.socketio.config import Config
from parley.socketio.server import Server

TRIES: Final = 10
TRIES_PER_MINUTE: Final = 5
"""Of signing in, for each account and address."""

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
    except (DataFolderError, CannotOpen) as error:
        raise CannotStart(str(error)) from error


class Node:
    """One process of Parley: its parts are made from the inside out, and stopped from the outside in."""

    def __init__(self, settings: Settings, folder: DataFolder) -> None:
        self._settings = settings
        self._folder = folder
        self._draining = False

    async def run(self, listener: socket.socket) -> None:
        """Start, serve on the listener, stop when a signal says so."""
        async with AsyncExitStack() as inside:
            sockets, http = await self._build(inside)
            await http.start(listener)
            told_to_stop = _heed_signals()
            gc.collect()
            gc.freeze()  # what lives now lives on: no collection need walk it again
            settings = self._settings
            log.info(
                "serving",
                url=_url(listener),
                data=str(settings.data),
                store=settings.store,
                bus=settings.bus,
            )
            await told_to_stop.wait()
            log.info("stopping", within_seconds=settings.drain_seconds)
            await self._drain(sockets, http)
        log.info("stopped")

    async def _build(self, inside: AsyncExitStack) -> tuple[Server, HttpServer]:
        settings = self._settings
        core = await _core(settings, self._folder, inside)
        services = _services(settings, core)
        sockets = _sockets(settings, core, services)
        app = _app(settings, services, core.identity.epoch, self._not_ready)
        http = HttpServer(
            _routed(app, sockets),
            sockets.websocket_protocol,
            access_log=settings.access_log,
            trusted_proxies=settings.trusted_proxies,
        )
        return sockets, http

    async def _drain(self, sockets: Server, http: HttpServer) -> None:
        """Sockets go first and one after another, so that their clients don't all return at once."""
        self._draining = True
        loop = asyncio.get_running_loop()
        end = loop.time() + self._settings.drain_seconds
        half = self._settings.drain_seconds / 2
        await sockets.shutdown(deadline=half, spread=half / 2)
        await http.stop(within_seconds=end - loop.time())

    def _not_ready(self) -> str | None:
        return "draining" if self._draining else None


class Core(Struct, frozen=True, kw_only=True):
    """What services are made of."""

    clock: Clock
    bus: Bus
    background: Background
    passwords: Passwords
    tokens: Tokens
    accounts: AccountStore
    sessions: SessionStore
    log: Log
    views: Views
    identity: StoreIdentity


async def _core(settings: Settings, folder: DataFolder, inside: AsyncExitStack) -> Core:
    database = await Database.open(folder.path, fatal=end_at_once, synchronous=settings.synchronous)
    inside.push_async_callback(database.close)
    passwords = Argon2Passwords(random=token_bytes)
    inside.callback(passwords.close)
    background = Background()
    inside.push_async_callback(background.settled)
    signing_key = _derived(settings.secret or folder.secret(), "access tokens")
    lifetime_s = settings.access_token_minutes * 60
    return Core(
        clock=SystemClock(),
        bus=MemoryBus(),
        background=background,
        passwords=passwords,
        tokens=JwtTokens(signing_key, random=token_bytes, lifetime_s=lifetime_s),
        accounts=SqliteAccounts(database),
        sessions=SqliteSessions(database),
        log=SqliteLog(database),
        views=SqliteConversations(database),
        identity=database.identity,
    )


def _services(settings: Settings, core: Core) -> Services:
    journal = Journal(
        log=core.log,
        bus=core.bus,
        clock=core.clock,
        random=token_bytes,
        spawn=core.background.spawn,
        identity=core.identity,
        most_awake=settings.awake_conversations,
    )
    return Services(
        accounts=Accounts(
            accounts=core.accounts,
            sessions=core.sessions,
            passwords=core.passwords,
            tokens=core.tokens,
            clock=core.clock,
            random=token_bytes,
            epoch=core.identity.epoch,
            session_lifetime_s=_session_lifetime_s(settings),
            tries=Buckets(burst=TRIES, per_minute=TRIES_PER_MINUTE),
        ),
        sessions=Sessions(
            sessions=core.sessions,
            tokens=core.tokens,
            bus=core.bus,
            clock=core.clock,
            session_lifetime_s=_session_lifetime_s(settings),
        ),
        users=Users(core.accounts),
        conversations=Conversations(
            journal=journal,
            views=core.views,
            accounts=core.accounts,
            random=token_bytes,
            most_first_members=settings.max_members_at_creation,
            most_group_members=settings.max_group_members,
        ),
        messages=Messages(journal=journal, log=core.log, accounts=core.accounts),
        sync=Sync(journal=journal, log=core.log),
    )


def _sockets(settings: Settings, core: Core, services: Services) -> Server:
    server = Server(
        Config(
            ping_interval=settings.ping_interval_seconds,
            ping_timeout=settings.ping_timeout_seconds,
            connect_timeout=settings.connect_timeout_seconds,
            max_payload=settings.max_packet_bytes,
            allowed_origins=settings.cors_origins or None,
            encode=msgspec.json.encode,
            decode=msgspec.json.decode,
            unmask=unmask,
        )
    )
    namespace = server.namespace()
    hub = Hub(namespace=namespace, views=core.views, log=core.log, spawn=core.background.spawn)
    core.bus.subscribe(on_record=hub.on_record, on_signal=hub.on_signal)
    Door(
        namespace=namespace,
        hub=hub,
        commands=Commands(
            messages=services.messages, conversations=services.conversations, sync=services.sync
        ),
        authenticate=Authentication(services.sessions),
        spawn=core.background.spawn,
    )
    return server


def _app(
    settings: Settings, services: Services, epoch: str, not_ready: Callable[[], str | None]
) -> Litestar:
    secure = settings.environment == "production"
    return create_app(
        services,
        not_ready=not_ready,
        epoch=epoch,
        version=importlib.metadata.version("parley"),
        cookies=Cookies(secure=secure, session_lifetime_s=_session_lifetime_s(settings)),
        origins=Origins(settings.cors_origins),
        tls=secure,
        most_body_bytes=settings.max_body_bytes,
    )


def _routed(rest: Litestar, sockets: Server) -> Callable[..., Awaitable[None]]:
    path = sockets.config.path

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"].startswith(path):
            await sockets.asgi(scope, receive, send)
        else:
            await rest(scope, receive, send)

    return app


def _session_lifetime_s(settings: Settings) -> int:
    return settings.refresh_days * 86_400


def _derived(secret: str, purpose: str) -> bytes:
    """A key for one purpose, so that none signs for another's."""
    return hmac.digest(secret.encode(), purpose.encode(), "sha256")


def end_at_once(error: Exception) -> None:
    """End this process: what is on disk is unknown, and a restart finds it out. What was not answered never is."""
    log.critical("the store failed, so this process ends", exc_info=error)
    os._exit(1)


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
