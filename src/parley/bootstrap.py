"""The composition root: from settings to adapters, services and doors. It alone knows everything."""

import hmac
import importlib.metadata
import os
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from secrets import token_bytes
from typing import Final

import msgspec
import structlog
from litestar import Litestar
from litestar.types import Receive, Scope, Send
from msgspec import Struct

from parley.adapters.files.data_folder import DataFolder
from parley.adapters.memory.bus import MemoryBus
from parley.adapters.security.clock import SystemClock
from parley.adapters.security.passwords import Argon2Passwords
from parley.adapters.security.tokens import JwtTokens
from parley.adapters.sqlite.accounts import SqliteAccounts
from parley.adapters.sqlite.conversations import SqliteConversations
from parley.adapters.sqlite.database import Database
from parley.adapters.sqlite.log import SqliteLog
from parley.adapters.sqlite.sessions import SqliteSessions
from parley.adapters.uvicorn.http_server import HttpServer
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
from parley.services.pins import Pins
from parley.services.reactions import Reactions
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


async def build(
    settings: Settings,
    folder: DataFolder,
    inside: AsyncExitStack,
    not_ready: Callable[[], str | None],
) -> tuple[Server, HttpServer]:
    """Everything, wired: both doors, closed as yet. What must be closed behind them is on `inside`, in order.

    Raises:
        CannotOpen: The database can't be used.
    """
    core = await _core(settings, folder, inside)
    services = _services(settings, core)
    sockets = _sockets(settings, core, services)
    app = _app(settings, services, core.identity.epoch, not_ready)
    http = HttpServer(
        _routed(app, sockets),
        sockets.websocket_protocol,
        sockets.http_protocol,
        access_log=settings.access_log,
        trusted_proxies=settings.trusted_proxies,
    )
    return sockets, http


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
        messages=Messages(
            journal=journal, log=core.log, accounts=core.accounts, spawn=core.background.spawn
        ),
        reactions=Reactions(journal),
        pins=Pins(journal),
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
            messages=services.messages,
            reactions=services.reactions,
            pins=services.pins,
            conversations=services.conversations,
            sync=services.sync,
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
