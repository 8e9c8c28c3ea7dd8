"""The servers that are compared, and how each is started."""

import importlib.util
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from bench import databases, dialects
from bench.build import NotBuilt, binary
from bench.dialects import Dialect
from bench.paths import BENCH, ROOT, SERVERS

Missing = Callable[[], str | None]
"""Says what keeps a peer from running here, None if nothing does."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A server under measurement. The port is appended to its command."""

    name: str
    title: str
    command: tuple[str, ...]
    missing: Missing
    reference: str
    """The peer whose cost is 1."""
    dialect: Dialect = dialects.ROOMS
    environment: Mapping[str, str] = field(default_factory=dict)
    data: str = ""
    """Peers with the same name here share a folder of people and conversations; empty: no need."""
    mongodb: str = ""
    """The variable that names its MongoDB database; empty: it needs none."""
    lacks: frozenset[str] = frozenset()
    """Scenarios it cannot be asked for."""


def _executable(*names: str) -> Missing:
    return lambda: next(
        (f"{name} is not installed" for name in names if not shutil.which(name)), None
    )


def _package(folder: str, name: str) -> Missing:
    def missing() -> str | None:
        if (ROOT / folder / "node_modules" / name).is_dir():
            return _executable("node")()
        return f"{name} is not installed in {folder}"

    return missing


def _module(name: str) -> Missing:
    def missing() -> str | None:
        try:
            found = importlib.util.find_spec(name)
        except ModuleNotFoundError:
            found = None
        return None if found else f"the module {name} is not there"

    return missing


def _built(name: str) -> Missing:
    def missing() -> str | None:
        try:
            binary(name)
        except NotBuilt as refused:
            return str(refused)
        return None

    return missing


def _all(*checks: Missing) -> Missing:
    return lambda: next((reason for check in checks if (reason := check())), None)


def _node_durable(synchronous: str) -> Peer:
    return Peer(
        name=f"node-durable-{synchronous.lower()}",
        title=f"Node + better-sqlite3, {synchronous}",
        command=("node", str(SERVERS / "node_durable.mjs")),
        missing=_all(
            _package("tests/js", "socket.io"),
            _package("bench", "better-sqlite3"),
            _package("bench", "jsonwebtoken"),
        ),
        reference=f"node-durable-{synchronous.lower()}",
        dialect=dialects.CONVERSATIONS,
        environment={"SYNCHRONOUS": synchronous, "NODE_ENV": "production"},
        data="node-durable",
    )


def _parley(synchronous: str) -> Peer:
    return Peer(
        name=f"parley-{synchronous.lower()}",
        title=f"Parley, {synchronous}",
        command=(sys.executable, "-m", "parley", "serve", "--port"),
        missing=_module("parley.__main__"),
        reference=f"node-durable-{synchronous.lower()}",
        dialect=dialects.CONVERSATIONS,
        environment={"PARLEY_SYNCHRONOUS": synchronous, **PARLEY},
        data="parley",
    )


def _node_mongoose() -> Peer:
    return Peer(
        name="node-mongoose",
        title="Node + mongoose",
        command=("node", str(SERVERS / "node_mongoose.mjs")),
        missing=_all(
            _package("tests/js", "socket.io"),
            _package("bench", "mongoose"),
            _package("bench", "jsonwebtoken"),
            databases.missing,
        ),
        reference="node-mongoose",
        dialect=dialects.CONVERSATIONS,
        data="node-mongoose",
        mongodb="MONGODB_URI",
        # What one person sends while the last is being written may overtake it there.
        lacks=frozenset({"S1b", "S4", "steady-pairs", "steady-room"}),
    )


def _parley_mongodb() -> Peer:
    return Peer(
        name="parley-mongodb",
        title="Parley, MongoDB",
        command=(sys.executable, "-m", "parley", "serve", "--port"),
        missing=_all(_module("parley.__main__"), _module("pymongo"), databases.missing),
        reference="node-mongoose",
        dialect=dialects.CONVERSATIONS,
        environment=PARLEY,
        data="parley-mongodb",
        mongodb="PARLEY_STORE",
    )


PARLEY: Final = {
    "PARLEY_ACCESS_TOKEN_MINUTES": "1440",  # a long run must not outlive its tokens
    "PARLEY_MAX_MEMBERS_AT_CREATION": "5000",
    # One person says there what thousands would.
    "PARLEY_COMMANDS_PER_SECOND": "0",
    "PARLEY_REQUESTS_PER_SECOND": "0",
    "PARLEY_MESSAGES_PER_SECOND": "0",
    "PARLEY_REGISTRATIONS_PER_MINUTE": "0",
}

PEERS: Final = {
    peer.name: peer
    for peer in (
        Peer(
            name="node",
            title="Node socket.io",
            command=("node", str(SERVERS / "node_socketio.mjs")),
            missing=_package("tests/js", "socket.io"),
            reference="node",
            environment={"NODE_ENV": "production"},
        ),
        Peer(
            name="python-socketio",
            title="python-socketio on uvicorn",
            command=(sys.executable, "-m", "bench.servers.python_socketio"),
            missing=_module("socketio"),
            reference="node",
        ),
        Peer(
            name="bare",
            title="Parley's socketio package",
            command=(sys.executable, "-m", "bench.servers.bare"),
            missing=_module("bench.servers.bare"),
            reference="node",
        ),
        Peer(
            name="floor",
            title="C that only sends",
            command=(str(BENCH / "build" / "floor"),),
            missing=_built("floor"),
            reference="node",
            lacks=frozenset({"connect-default"}),
        ),
        _node_durable("NORMAL"),
        _parley("NORMAL"),
        _node_durable("FULL"),
        _parley("FULL"),
        _node_mongoose(),
        _parley_mongodb(),
    )
}
