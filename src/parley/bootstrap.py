"""The composition root: from settings to adapters, services and doors. It alone knows everything."""

import asyncio
import hmac
import importlib.metadata
from collections.abc import Awaitable, Callable, Sequence
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
from parley.adapters.files.web_files import web_files
from parley.adapters.logs.mailer import LogMailer
from parley.adapters.memory.bus import MemoryBus
from parley.adapters.prometheus.app import metrics_app
from parley.adapters.prometheus.exposition import CONTENT_TYPE, Exposition
from parley.adapters.prometheus.lag import LoopLag
from parley.adapters.security.clock import SystemClock
from parley.adapters.security.passwords import Argon2Passwords
from parley.adapters.security.tokens import JwtTokens
from parley.adapters.smtp.mailer import SmtpMailer
from parley.adapters.uvicorn.http_server import HttpServer
from parley.adapters.websockets.unmasking import unmask
from parley.api.app import Services, create_app
from parley.api.cookies import Cookies
from parley.api.metrics import Readings
from parley.api.tally import App
from parley.api.tally import Tally as Requests
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
from parley.journal.blocking import Blocking
from parley.journal.capacity import Capacity
from parley.journal.journal import Journal
from parley.journal.naming import Naming
from parley.journal.rollbacks import Rollbacks
from parley.measures import Parts, measured
from parley.model.buckets import Buckets
from parley.model.origins import Origins
from parley.model.rates import rate
from parley.model.tries import Tries
from parley.ports.background import Background
from parley.ports.bus import Bus
from parley.ports.clock import Clock
from parley.ports.mail import Mailer
from parley.ports.passwords import Passwords as Hashing
from parley.ports.recovery import Bounds
from parley.ports.timers import After
from parley.ports.tokens import Tokens
from parley.services.accounts import Accounts
from parley.services.administration import Administration
from parley.services.bans import Bans
from parley.services.blocks import Blocks
from parley.services.codes import Codes
from parley.services.contacts import Contacts, Rates
from parley.services.conversations import Conversations
from parley.services.emails import Emails
from parley.services.erasures import Erasures
from parley.services.happenings import Happenings
from parley.services.housekeeping import Chore, Housekeeping
from parley.services.inspection import Inspection
from parley.services.mails import Mails
from parley.services.marks import Marks
from parley.services.messages import Messages
from parley.services.operator import Operator
from parley.services.passwords import Passwords
from parley.services.pins import Pins
from parley.services.preferences import Preferences
from parley.services.presence import Presences
from parley.services.profiles import Profiles
from parley.services.reactions import Reactions
from parley.services.recovery import Recovery
from parley.services.rooms import Rooms
from parley.services.seeding import Seeding
from parley.services.sessions import Sessions
from parley.services.sync import Sync
from parley.services.typing import Typing
from parley.services.users import Users
from parley.settings import Settings
from parley.socketio.config import Config
from parley.socketio.namespace import Namespace
from parley.socketio.server import Server
from parley.stores import Stores, open_stores

MAILS: Final = 3
MAILS_PER_MINUTE: Final = 0.2
"""Of those that anybody can have sent, for each e-mail address; ten times as many for each network address."""

HOUR_S: Final = 3600
ERASURES_S: Final = 15

ADDITIONS: Final = 30
ADDITIONS_PER_MINUTE: Final = 10
"""Of people to one's contacts: each addition is told to somebody."""

LOOKUPS: Final = 20
LOOKUPS_PER_MINUTE: Final = 1 / 3
"""Of people by their e-mail address, for each person and each network address: at most 500 a day."""

SEEDED_AWAKE: Final = 20_000
"""Conversations that `parley seed` fills at once."""

log = structlog.get_logger("parley")


class Doors(Struct, frozen=True, kw_only=True):
    """What people come in by; `metrics` goes on a port of its own."""

    sockets: Server
    http: HttpServer
    metrics: HttpServer


async def build(
    settings: Settings,
    folder: DataFolder,
    inside: AsyncExitStack,
    draining: Callable[[], bool],
) -> Doors:
    """Everything, wired: the doors, closed as yet. What must be closed behind them is on `inside`, in order.

    Raises:
        CannotOpenStore: The database can't be used.
    """
    core = await _core(settings, folder, inside)
    stores = core.stores
    people = _people(settings, core)
    journal = _journal(core, core.clock, settings.awake_conversations)
    rollbacks = Rollbacks()
    services = _services(settings, core, people, journal, rollbacks)
    erasing = Chore("carrying on erasures", ERASURES_S, services.erasures.carry_on)
    housekeeping = Housekeeping(
        chores=(*people.chores, erasing), after=core.after, spawn=core.background.spawn
    )
    housekeeping.start()
    inside.callback(housekeeping.close)
    inside.callback(services.erasures.close)
    inside.push_async_callback(services.marks.flush)
    await services.presence.start()
    inside.push_async_callback(services.presence.close)
    browsers = _browsers(settings)
    gateway = _gateway(settings, core, services, browsers, rollbacks)
    sockets = gateway.sockets
    if stores.heard is not None:
        core.bus.subscribe(on_record=stores.heard)
    lag = LoopLag()
    inside.callback(lag.close)
    requests = Requests()
    parts = Parts(
        journal=journal,
        rollbacks=rollbacks,
        hub=gateway.hub,
        door=gateway.door,
        sockets=sockets,
        requests=requests,
        stores=stores,
        lag=lag,
        bus=settings.bus,
    )
    exposition = Exposition(partial(measured, parts))
    app = _app(
        settings,
        core,
        services,
        browsers,
        draining,
        exposition=exposition,
    )
    http = HttpServer(
        _routed(requests.before(app), sockets),
        sockets.websocket_protocol,
        sockets.http_protocol,
        access_log=settings.access_log,
        trusted_proxies=settings.trusted_proxies,
    )
    control = ControlDoor(_operations(core, services.sessions))
    inside.push_async_callback(control.close)
    await control.open(folder.path)
    # Whether there is an access log is one switch for the whole process.
    metrics = HttpServer(metrics_app(exposition), access_log=settings.access_log)
    return Doors(sockets=sockets, http=http, metrics=metrics)


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
    hashing: Hashing
    mails: Mails
    tokens: Tokens
    stores: Stores
    derived_key: Callable[[str], bytes]
    """A key for one purpose, so that none signs for another's."""


async def _core(settings: Settings, folder: DataFolder | None, inside: AsyncExitStack) -> Core:
    clock = SystemClock()
    stores = await open_stores(settings, folder, clock, inside)
    hashing = Argon2Passwords(random=token_bytes)
    inside.callback(hashing.close)
    background = Background()
    inside.push_async_callback(background.settled)
    after = asyncio.get_running_loop().call_later
    mails = Mails(mailer=_mailer(settings), spawn=background.spawn, after=after)
    inside.callback(mails.close)
    # Without a folder nothing is signed that a server would have to know again.
    secret = settings.secret or (folder.secret() if folder is not None else token_bytes(32).hex())
    derived_key = partial(_derived, secret)
    lifetime_s = settings.access_token_minutes * 60
    return Core(
        clock=clock,
        bus=MemoryBus(),
        background=background,
        after=after,
        hashing=hashing,
        mails=mails,
        tokens=JwtTokens(derived_key("access tokens"), random=token_bytes, lifetime_s=lifetime_s),
        stores=stores,
        derived_key=derived_key,
    )


def _mailer(settings: Settings) -> Mailer:
    if settings.smtp_url is None:
        return LogMailer()
    return SmtpMailer(settings.smtp_url, sender=settings.mail_from)


class People(Struct, frozen=True, kw_only=True):
    """The services by which people come to an account and into it."""

    accounts: Accounts
    sessions: Sessions
    passwords: Passwords
    emails: Emails
    profiles: Profiles
    chores: Sequence[Chore]


def _people(settings: Settings, core: Core) -> People:
    stores = core.stores
    tries = settings.tries_per_minute
    most = settings.registrations_per_minute
    sessions = _sessions(settings, core)
    codes = Codes(
        codes=stores.codes,
        send=core.mails.send,
        clock=core.clock,
        random=token_bytes,
        tries=Buckets(burst=2 * tries, per_minute=tries),
        mailing=Tries(burst=MAILS, per_minute=MAILS_PER_MINUTE, a_name=1),
        client_url=settings.public_url and settings.public_url.rstrip("/"),
    )
    emails = Emails(
        accounts=stores.accounts,
        codes=codes,
        send=core.mails.send,
        spawn=core.background.spawn,
        bus=core.bus,
    )
    passwords = Passwords(
        accounts=stores.accounts,
        sessions=sessions,
        hashing=core.hashing,
        codes=codes,
        send=core.mails.send,
        spawn=core.background.spawn,
        clock=core.clock,
        tries=Buckets(burst=2 * tries, per_minute=tries),
    )
    return People(
        accounts=Accounts(
            accounts=stores.accounts,
            sessions=sessions,
            passwords=core.hashing,
            clock=core.clock,
            random=token_bytes,
            epoch=stores.identity.epoch,
            tries=Tries(burst=2 * tries, per_minute=tries),
            registrations=Buckets(burst=most, per_minute=most) if most else None,
            prove=emails.prove,
            open_to_all=settings.registration == "open",
        ),
        sessions=sessions,
        passwords=passwords,
        emails=emails,
        profiles=Profiles(
            accounts=stores.accounts,
            codes=codes,
            require_password=passwords.require,
            prove=emails.prove,
            bus=core.bus,
        ),
        chores=(
            Chore("sweeping sessions", HOUR_S, sessions.sweep),
            Chore("sweeping codes", HOUR_S, codes.sweep),
        ),
    )


def _services(
    settings: Settings, core: Core, people: People, journal: Journal, rollbacks: Rollbacks
) -> Services:
    stores = core.stores
    if stores.log.shared:
        core.bus.subscribe(on_record=journal.on_record)
    blocking = Blocking(store=stores.blocks, spawn=core.background.spawn)
    core.bus.subscribe(on_signal=blocking.on_signal)
    capacity = Capacity(views=stores.conversations, most=settings.max_conversations)
    naming = _naming(core, journal)
    return Services(
        accounts=people.accounts,
        sessions=people.sessions,
        passwords=people.passwords,
        emails=people.emails,
        profiles=people.profiles,
        erasures=Erasures(
            erasures=stores.erasures,
            journal=journal,
            log=stores.log,
            conversations=stores.conversations,
            require_password=people.passwords.require,
            end_sessions=people.sessions.remove_all,
            clock=core.clock,
            spawn=core.background.spawn,
            grace_s=settings.presence_grace_seconds,
        ),
        users=Users(stores.accounts),
        contacts=Contacts(
            contacts=stores.contacts,
            accounts=stores.accounts,
            blocking=blocking,
            bus=core.bus,
            clock=core.clock,
            rates=Rates(
                adding=Buckets(burst=ADDITIONS, per_minute=ADDITIONS_PER_MINUTE),
                by_email=Buckets(burst=LOOKUPS, per_minute=LOOKUPS_PER_MINUTE),
            ),
            by_request=settings.contacts == "by-request",
            by_email=settings.contacts_by_email,
            most=settings.max_contacts,
        ),
        blocks=Blocks(
            blocks=stores.blocks,
            contacts=stores.contacts,
            accounts=stores.accounts,
            blocking=blocking,
            bus=core.bus,
            clock=core.clock,
            most=settings.max_blocks,
        ),
        conversations=Conversations(
            journal=journal,
            blocking=blocking,
            capacity=capacity,
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
            capacity=capacity,
            random=token_bytes,
            most_members=settings.max_room_members,
        ),
        administration=Administration(journal=journal, naming=naming),
        bans=Bans(journal=journal, accounts=stores.accounts, most=settings.max_bans),
        preferences=Preferences(journal=journal, preferences=stores.preferences),
        messages=Messages(
            journal=journal,
            blocking=blocking,
            capacity=capacity,
            log=stores.log,
            accounts=stores.accounts,
            spawn=core.background.spawn,
            sending=rate(settings.messages_per_second, core.clock.monotonic),
        ),
        reactions=Reactions(
            journal=journal,
            blocking=blocking,
            most=settings.max_emoji,
            reacting=rate(settings.reactions_per_second, core.clock.monotonic),
        ),
        pins=Pins(journal=journal, blocking=blocking, log=stores.log, most=settings.max_pins),
        happenings=Happenings(journal=journal, log=stores.log),
        marks=Marks(
            journal=journal,
            blocking=blocking,
            log=stores.log,
            marks=stores.marks,
            bus=core.bus,
            spawn=core.background.spawn,
            after=core.after,
        ),
        presence=Presences(
            store=stores.presence,
            acquaintances=stores.acquaintances,
            contacts=stores.contacts,
            blocking=blocking,
            bus=core.bus,
            clock=core.clock,
            after=core.after,
            spawn=core.background.spawn,
            grace_s=settings.presence_grace_seconds,
        ),
        typing=Typing(
            journal=journal,
            blocking=blocking,
            bus=core.bus,
            clock=core.clock,
            most_members=settings.max_typing_members,
        ),
        sync=Sync(
            journal=journal,
            log=stores.log,
            marks=stores.marks,
            preferences=stores.preferences,
            rollbacks=rollbacks,
        ),
    )


def _journal(core: Core, clock: Clock, most_awake: int) -> Journal:
    return Journal(
        log=core.stores.log,
        bus=core.bus,
        clock=clock,
        random=token_bytes,
        spawn=core.background.spawn,
        identity=core.stores.identity,
        most_awake=most_awake,
    )


def _naming(core: Core, journal: Journal) -> Naming:
    return Naming(journal=journal, rooms=core.stores.rooms, clock=core.clock, random=token_bytes)


def _sessions(settings: Settings, core: Core) -> Sessions:
    return Sessions(
        sessions=core.stores.sessions,
        tokens=core.tokens,
        bus=core.bus,
        clock=core.clock,
        random=token_bytes,
        session_lifetime_s=_session_lifetime_s(settings),
        most_sessions=settings.max_sessions_per_person,
    )


def _operations(core: Core, sessions: Sessions) -> Operations:
    def journal(clock: Clock) -> tuple[Journal, Naming]:
        journal = _journal(core, clock, SEEDED_AWAKE)
        return journal, _naming(core, journal)

    stores = core.stores
    return Operations(
        inspection=Inspection(
            catalogue=stores.catalogue,
            integrity=stores.integrity,
            log=stores.log,
            views=stores.conversations,
            marks=stores.marks,
            rooms=stores.rooms,
        ),
        backups=stores.backups,
        seeding=Seeding(
            journal=journal,
            accounts=core.stores.accounts,
            passwords=core.hashing,
            clock=core.clock,
            random=token_bytes,
        ),
        operator=Operator(
            accounts=core.stores.accounts,
            sessions=core.stores.sessions,
            end_all=sessions.end_all,
            passwords=core.hashing,
            clock=core.clock,
            random=token_bytes,
        ),
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


class Gateway(Struct, frozen=True, kw_only=True):
    """The real-time side."""

    sockets: Server
    hub: Hub
    door: Door


def _gateway(
    settings: Settings, core: Core, services: Services, browsers: Browsers, rollbacks: Rollbacks
) -> Gateway:
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
        server.recovery = _recoveries(settings, core, namespace, offsets, rollbacks)
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
    door = Door(
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
        commanding=rate(settings.commands_per_second, core.clock.monotonic),
        monotonic=core.clock.monotonic,
        most_connections=settings.max_sockets,
    )
    return Gateway(sockets=server, hub=hub, door=door)


def _recoveries(
    settings: Settings, core: Core, namespace: Namespace, offsets: Offsets, rollbacks: Rollbacks
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
        rollbacks=rollbacks,
    )


def _app(
    settings: Settings,
    core: Core,
    services: Services,
    browsers: Browsers,
    draining: Callable[[], bool],
    *,
    exposition: Exposition,
) -> Litestar:
    web = web_files()
    if not web:
        log.info("no web client", how="`make run` builds it where npm and Node.js 20.19 are")
    return create_app(
        services,
        not_ready=lambda: "draining" if draining() else core.stores.trouble(),
        draining=draining,
        epoch=core.stores.identity.epoch,
        version=importlib.metadata.version("parley"),
        cookies=browsers.cookies,
        origins=browsers.origins,
        tls=settings.environment == "production",
        web=web,
        most_body_bytes=settings.max_body_bytes,
        readings=_readings(settings, exposition),
        asking=rate(settings.requests_per_second, core.clock.monotonic),
    )


def _readings(settings: Settings, exposition: Exposition) -> Readings | None:
    if settings.metrics_token is None:
        return None
    return Readings(text=exposition.text, content_type=CONTENT_TYPE, token=settings.metrics_token)


def _routed(rest: App, sockets: Server) -> Callable[..., Awaitable[None]]:
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
