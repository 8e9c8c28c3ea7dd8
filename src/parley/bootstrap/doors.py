"""A whole server, wired: the doors that people come in by."""

import importlib.metadata
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial
from typing import Final

import structlog
from litestar import Litestar
from litestar.types import Receive, Scope, Send
from msgspec import Struct

from parley.adapters.files.data_folder import DataFolder
from parley.adapters.files.web_files import web_files
from parley.adapters.prometheus.app import metrics_app
from parley.adapters.prometheus.exposition import CONTENT_TYPE, Exposition
from parley.adapters.prometheus.lag import LoopLag
from parley.adapters.uvicorn.http_server import HttpServer
from parley.api.app import Services, create_app
from parley.api.metrics import Readings
from parley.api.tally import App
from parley.api.tally import Tally as Requests
from parley.bootstrap.browsers import Browsers, wire_browsers
from parley.bootstrap.core import Core, open_core, wire_journal
from parley.bootstrap.gateway import wire_gateway
from parley.bootstrap.operations import wire_operations
from parley.bootstrap.people import wire_people
from parley.bootstrap.services import wire_services
from parley.control.door import ControlDoor
from parley.measures import Parts, measured
from parley.model.rates import rate
from parley.services.housekeeping import Chore, Housekeeping
from parley.settings import Settings
from parley.socketio.server import Server

ERASURES_S: Final = 15

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
    core = await open_core(settings, folder, inside)
    stores = core.stores
    people = wire_people(settings, core)
    journal = wire_journal(core, core.clock, settings.awake_conversations)
    services = wire_services(settings, core, people, journal)
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
    browsers = wire_browsers(settings)
    gateway = wire_gateway(settings, core, services, browsers)
    sockets = gateway.sockets
    if stores.heard is not None:
        core.bus.subscribe(on_record=stores.heard)
    lag = LoopLag()
    inside.callback(lag.close)
    requests = Requests()
    parts = Parts(
        journal=journal,
        rollbacks=core.rollbacks,
        hub=gateway.hub,
        door=gateway.door,
        sockets=sockets,
        requests=requests,
        stores=stores,
        lag=lag,
        bus=settings.bus,
    )
    exposition = Exposition(partial(measured, parts))
    app = _wire_app(
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
    control = ControlDoor(wire_operations(core, services.sessions))
    inside.push_async_callback(control.close)
    await control.open(folder.path)
    # Whether there is an access log is one switch for the whole process.
    metrics = HttpServer(metrics_app(exposition), access_log=settings.access_log)
    return Doors(sockets=sockets, http=http, metrics=metrics)


def _wire_app(
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
