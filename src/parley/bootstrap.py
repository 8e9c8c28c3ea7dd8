"""The composition root: from settings to adapters, services and doors. It alone knows everything."""

import asyncio
import hmac
import importlib.metadata
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial
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
from parley.adapters.uvicorn.http_server import HttpServer
from parley.adapters.websockets.unmasking import unmask
from parley.api.app import Services, create_app
from parley.api.cookies import Cookies
from parley.control.door import ControlDoor
from parley.control.operations import Operations
from parley.gateway.authentication import Authentication
from parley.gateway.commands import Commands
from parley.gateway.door import Door
from parley.gateway.expiry import Expiry
from parley.gateway.hub import Hub
from parley.gateway.offsets import Offsets
from parley.gateway.recovery import PrivateIds, Recoveries
from parley.gateway.socket_commands import SocketCommands
from parley.journal.journal import Journal
from parley.journal.naming import Naming
from parley.model.buckets import Buckets
from parley.model.origins import Origins
from parley.ports.background import Background
from parley.ports.bus import Bus
from parley.ports.clock import Clock
from parley.ports.passwords import Passwords
from parley.ports.recovery import Bounds
from parley.ports.timers import After
from parley.ports.tokens import Tokens
from parley.services.accounts import Accounts
from parley.services.administration import Administration
from parley.services.conversations import Conversations
from parley.services.marks import Marks
from parley.services.messages import Messages
from parley.services.operator import Operator
from parley.services.pins import Pins
from parley.services.preferences import Preferences
from parley.services.presence import Presences
from parley.services.reactions import Reactions
from parley.services.recovery import Recovery
from parley.services.rooms import Rooms
from parley.services.sessions import Sessions
from parley.services.sync import Sync
from parley.services.typing import Typing
from parley.services.users import Users
from parley.settings import Settings
from parley.socketio.config import Config
from parley.socketio.namespace import Namespace
from parley.socketio.server import Server
from parley.stores import Stores, open_stores

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
        CannotOpenStore: The database can't be used.
    """
    core = await _core(settings, folder, inside)
    stores = core.stores
    services = _services(settings, core)
    inside.push_async_callback(services.marks.flush)
    await services.presence.start()
    inside.push_async_callback(services.presence.close)
    browsers = _browsers(settings)
    sockets = _sockets(settings, core, services, browsers)
    if stores.heard is not None:
        core.bus.subscribe(on_record=stores.heard)
    app = _app(
        settings,
        services,
        browsers,
        stores.identity.epoch,
        lambda: not_ready() or stores.trouble(),
    )
    http = HttpServer(
        _routed(app, sockets),
        sockets.websocket_protocol,
        sockets.http_protocol,
        access_log=settings.access_log,
        trusted_proxies=settings.trusted_proxies,
    )
    control = ControlDoor(_operations(core, services.sessions))
    inside.push_async_callback(control.close)
    await control.open(folder.path)
    return sockets, http


async def operations(
    settings: Settings, folder: DataFolder | None, inside: AsyncExitStack
) -> Operations:
    """What operators may ask for, on a store that no server has open. Closing is as with `build`.

    Raises:
        CannotOpenStore: The database can't be used.
    """
    core = await _core(settings, folder, inside)
    return _operations(core, _sessions(settings, core))


class Core(Struct, frozen=True, kw_only=True):
    """What services are made of."""

    clock: Clock
    bus: Bus
    background: Background
    after: After
    passwords: Passwords
    tokens: Tokens
    stores: Stores
    derived_key: Callable[[str], bytes]
    """A key for one purpose, so that none signs for another's."""


async def _core(settings: Settings, folder: DataFolder | None, inside: AsyncExitStack) -> Core:
    clock = SystemClock()
    stores = await open_stores(settings, folder, clock, inside)
    passwords = Argon2Passwords(random=token_bytes)
    inside.callback(passwords.close)
    background = Background()
    inside.push_async_callback(background.settled)
    # Without a folder nothing is signed that a server would have to know again.
    secret = settings.secret or (folder.secret() if folder is not None else token_bytes(32).hex())
    derived_key = partial(_derived, secret)
    lifetime_s = settings.access_token_minutes * 60
    return Core(
        clock=clock,
        bus=MemoryBus(),
        background=background,
        after=asyncio.get_running_loop().call_later,
        passwords=passwords,
        tokens=JwtTokens(derived_key("access tokens"), random=token_bytes, lifetime_s=lifetime_s),
        stores=stores,
        derived_key=derived_key,
    )


def _services(settings: Settings, core: Core) -> Services:
    stores = core.stores
    journal = Journal(
        log=stores.log,
        bus=core.bus,
        clock=core.clock,
        random=token_bytes,
        spawn=core.background.spawn,
        identity=stores.identity,
        most_awake=settings.awake_conversations,
    )
    if stores.log.shared:
        core.bus.subscribe(on_record=journal.on_record)
    naming = Naming(journal=journal, rooms=stores.rooms, clock=core.clock, random=token_bytes)
    return Services(
        accounts=Accounts(
            accounts=stores.accounts,
            sessions=stores.sessions,
            passwords=core.passwords,
            tokens=core.tokens,
            clock=core.clock,
            random=token_bytes,
            epoch=stores.identity.epoch,
            session_lifetime_s=_session_lifetime_s(settings),
            tries=Buckets(burst=TRIES, per_minute=TRIES_PER_MINUTE),
        ),
        sessions=_sessions(settings, core),
        users=Users(stores.accounts),
        conversations=Conversations(
            journal=journal,
            views=stores.conversations,
            marks=stores.marks,
            accounts=stores.accounts,
            preferences=stores.preferences,
            random=token_bytes,
            most_first_members=settings.max_members_at_creation,
            most_group_members=settings.max_group_members,
            most_room_members=settings.max_room_members,
        ),
        rooms=Rooms(
            journal=journal,
            naming=naming,
            rooms=stores.rooms,
            random=token_bytes,
            most_members=settings.max_room_members,
        ),
        administration=Administration(journal=journal, naming=naming),
        preferences=Preferences(journal=journal, preferences=stores.preferences),
        messages=Messages(
            journal=journal, log=stores.log, accounts=stores.accounts, spawn=core.background.spawn
        ),
        reactions=Reactions(journal),
        pins=Pins(journal),
        marks=Marks(
            journal=journal,
            log=stores.log,
            marks=stores.marks,
            bus=core.bus,
            spawn=core.background.spawn,
            after=core.after,
        ),
        presence=Presences(
            store=stores.presence,
            acquaintances=stores.acquaintances,
            bus=core.bus,
            clock=core.clock,
            after=core.after,
            spawn=core.background.spawn,
            grace_s=settings.presence_grace_seconds,
        ),
        typing=Typing(
            journal=journal,
            bus=core.bus,
            clock=core.clock,
            most_members=settings.max_typing_members,
        ),
        sync=Sync(
            journal=journal, log=stores.log, marks=stores.marks, preferences=stores.preferences
        ),
    )


def _sessions(settings: Settings, core: Core) -> Sessions:
    return Sessions(
        sessions=core.stores.sessions,
        tokens=core.tokens,
        bus=core.bus,
        clock=core.clock,
        session_lifetime_s=_session_lifetime_s(settings),
    )


def _operations(core: Core, sessions: Sessions) -> Operations:
    return Operations(
        operator=Operator(
            accounts=core.stores.accounts,
            sessions=core.stores.sessions,
            end_all=sessions.end_all,
            passwords=core.passwords,
            clock=core.clock,
            random=token_bytes,
        )
    )


class Browsers(Struct, frozen=True):
    """How they stay signed in, and for whose pages."""

    cookies: Cookies
    origins: Origins


def _browsers(settings: Settings) -> Browsers:
    secure = settings.environment == "production"
    return Browsers(
        Cookies(secure=secure, session_lifetime_s=_session_lifetime_s(settings)),
        Origins(settings.cors_origins),
    )


def _sockets(settings: Settings, core: Core, services: Services, browsers: Browsers) -> Server:
    server = Server(
        Config(
            ping_interval=settings.ping_interval_seconds,
            ping_timeout=settings.ping_timeout_seconds,
            connect_timeout=settings.connect_timeout_seconds,
            max_payload=settings.max_packet_bytes,
            max_outbox=settings.max_outbox_bytes,
            recover_all=settings.recovery == "always",
            allowed_origins=settings.cors_origins or None,
            encode=msgspec.json.encode,
            decode=msgspec.json.decode,
            unmask=unmask,
        )
    )
    namespace = server.namespace()
    offsets = Offsets(core.stores.replays, core.stores.identity.epoch)
    if settings.recovery != "never":
        server.recovery = _recoveries(settings, core, namespace, offsets)
    hub = Hub(
        namespace=namespace,
        views=core.stores.conversations,
        log=core.stores.log,
        offsets=offsets,
        spawn=core.background.spawn,
    )
    core.bus.subscribe(on_record=hub.on_record, on_signal=hub.on_signal)
    expiry = Expiry(
        namespace=namespace, sessions=services.sessions, clock=core.clock, after=core.after
    )
    Door(
        namespace=namespace,
        hub=hub,
        commands=Commands(
            messages=services.messages,
            reactions=services.reactions,
            pins=services.pins,
            marks=services.marks,
            conversations=services.conversations,
            presence=services.presence,
            rooms=services.rooms,
            sync=services.sync,
        ),
        socket_commands=SocketCommands(
            typing=services.typing, presence=services.presence, expiry=expiry
        ),
        presence=services.presence,
        expiry=expiry,
        authenticate=Authentication(
            services.sessions, cookie=browsers.cookies.access_name, origins=browsers.origins
        ),
        spawn=core.background.spawn,
    )
    return server


def _recoveries(
    settings: Settings, core: Core, namespace: Namespace, offsets: Offsets
) -> Recoveries:
    stores = core.stores
    return Recoveries(
        namespace=namespace,
        offsets=offsets,
        recovery=Recovery(
            replays=stores.replays,
            views=stores.conversations,
            marks=stores.marks,
            bounds=Bounds(settings.max_recovery_entries, settings.max_recovery_bytes),
        ),
        pids=PrivateIds(
            key=core.derived_key("private ids"), bus_epoch=offsets.bus_epoch, random=token_bytes
        ),
    )


def _app(
    settings: Settings,
    services: Services,
    browsers: Browsers,
    epoch: str,
    not_ready: Callable[[], str | None],
) -> Litestar:
    return create_app(
        services,
        not_ready=not_ready,
        epoch=epoch,
        version=importlib.metadata.version("parley"),
        cookies=browsers.cookies,
        origins=browsers.origins,
        tls=settings.environment == "production",
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
    return hmac.digest(secret.encode(), purpose.encode(), "sha256")
