"""The real-time side, wired."""

import msgspec
from msgspec import Struct

from parley.adapters.websockets.unmasking import unmask
from parley.api.app import Services
from parley.bootstrap.browsers import Browsers
from parley.bootstrap.core import Core
from parley.gateway.authentication import Authentication
from parley.gateway.commands import Commands
from parley.gateway.door import Door
from parley.gateway.expiry import Expiry
from parley.gateway.hub import Hub
from parley.gateway.offsets import Offsets
from parley.gateway.recovery import PrivateIds, Recoveries
from parley.gateway.socket_commands import SocketCommands
from parley.model.rates import rate
from parley.ports.recovery import Bounds
from parley.services.recovery import Recovery
from parley.settings import Settings
from parley.socketio.config import Config
from parley.socketio.namespace import Namespace
from parley.socketio.server import Server


class Gateway(Struct, frozen=True, kw_only=True):
    """The real-time side."""

    sockets: Server
    hub: Hub
    door: Door


def wire_gateway(settings: Settings, core: Core, services: Services, browsers: Browsers) -> Gateway:
    """A Socket.IO server with the hub behind it, which hears of all that the bus brings."""
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
        server.recovery = _wire_recoveries(settings, core, namespace, offsets)
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


def _wire_recoveries(
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
            key=core.derived_key("private ids"), bus_epoch=offsets.bus_epoch, random=core.random
        ),
        rollbacks=core.rollbacks,
    )
