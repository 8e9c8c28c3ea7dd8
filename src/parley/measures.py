"""Every metric: its name, its meaning, and where its numbers are."""

import importlib.metadata
import platform
from collections.abc import Iterator, Mapping

from msgspec import Struct

from parley.adapters.prometheus.lag import LoopLag
from parley.api.tally import Tally as Requests
from parley.gateway.door import Door
from parley.gateway.hub import Hub
from parley.journal.journal import Journal
from parley.journal.rollbacks import Rollbacks
from parley.ports.measures import Family, Histogram, Labels
from parley.socketio.server import Server
from parley.stores import Stores


class Parts(Struct, frozen=True, kw_only=True):
    """Where things are counted."""

    journal: Journal
    rollbacks: Rollbacks
    hub: Hub
    door: Door
    sockets: Server
    requests: Requests
    stores: Stores
    lag: LoopLag
    bus: str


def measured(parts: Parts) -> Iterator[Family]:
    """Everything, as it stands now."""
    yield from _connections(parts)
    yield from _conversations(parts)
    yield from _requests(parts)
    yield from _node(parts)
    yield from parts.stores.measured()


def _connections(parts: Parts) -> Iterator[Family]:
    engine, hub = parts.sockets.engine, parts.hub
    waiting = sum(session.outbox_bytes for session in engine.sessions.values())
    ended = {reason.value: count for reason, count in engine.ended.items()}
    yield _gauge("parley_sockets", "Connections of Socket.IO clients.", len(engine.sessions))
    yield _gauge("parley_people_connected", "People with at least one of them.", hub.people)
    yield _counter("parley_sockets_opened", "Connections that were opened.", engine.opened)
    yield _counters("parley_sockets_ended", "Connections that ended, by reason.", "reason", ended)
    yield _counter("parley_pushes", "Entries handed to sockets.", hub.pushes)
    yield _gauge("parley_outbox_bytes", "Bytes that wait for clients to read them.", waiting)


def _conversations(parts: Parts) -> Iterator[Family]:
    journal, tally = parts.journal, parts.journal.tally
    yield _gauge(
        "parley_awake_conversations", "Conversations whose state is in memory.", journal.awake
    )
    yield _counter("parley_entries_appended", "Entries that this node appended.", tally.entries)
    yield _counter("parley_messages_appended", "Messages among them.", tally.messages)
    yield _histogram(
        "parley_append_seconds",
        "From handing a conversation's entries to the store until they are durable.",
        tally.seconds,
    )
    yield _counters(
        "parley_appends_stopped",
        "Appends of which not all got in, by what stopped them.",
        "by",
        tally.stopped,
    )
    yield _counters(
        "parley_rollback_signs",
        "Clients that came with something beyond all that is written, by what it was.",
        "what",
        parts.rollbacks.signs,
    )


def _requests(parts: Parts) -> Iterator[Family]:
    tally = parts.door.tally
    yield _histogram(
        "parley_command_seconds", "From a Socket.IO command's arrival to its ack.", tally.seconds
    )
    yield _counters(
        "parley_commands_refused", "Socket.IO commands refused, by code.", "code", tally.refusals
    )
    yield Family(
        name="parley_http_request_seconds",
        kind="histogram",
        meaning="REST requests, by method, route and status.",
        values=[
            ({"method": method, "route": route, "status": str(status)}, histogram)
            for (method, route, status), histogram in sorted(parts.requests.requests.items())
        ],
    )


def _node(parts: Parts) -> Iterator[Family]:
    yield _histogram(
        "parley_loop_lag_seconds", "How late timers of the event loop come.", parts.lag.seconds
    )
    yield _gauge("parley_store_up", "1 while the store answers.", parts.stores.trouble() is None)
    about = {
        "version": importlib.metadata.version("parley"),
        "python": platform.python_version(),
        "bus": parts.bus,
    }
    yield Family(
        name="parley_build_info", kind="gauge", meaning="What is running.", values=[(about, 1)]
    )


def _gauge(name: str, meaning: str, value: float) -> Family:
    return Family(name=name, kind="gauge", meaning=meaning, values=[({}, value)])


def _counter(name: str, meaning: str, value: float) -> Family:
    return Family(name=name, kind="counter", meaning=meaning, values=[({}, value)])


def _counters(name: str, meaning: str, label: str, counts: Mapping[str, int]) -> Family:
    values: list[tuple[Labels, float | Histogram]] = [
        ({label: key}, count) for key, count in sorted(counts.items())
    ]
    return Family(name=name, kind="counter", meaning=meaning, values=values)


def _histogram(name: str, meaning: str, histogram: Histogram) -> Family:
    return Family(name=name, kind="histogram", meaning=meaning, values=[({}, histogram)])
