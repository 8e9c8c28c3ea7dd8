"""A hub over a journal in memory, and sockets whose bytes can be read."""

import json
import re
import secrets
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from parley.adapters.memory.conversations import MemoryConversations
from parley.adapters.memory.faults import Faults
from parley.adapters.memory.log import MemoryLog
from parley.adapters.memory.recovery import MemoryReplays
from parley.gateway.connection import Connection
from parley.gateway.hub import Hub
from parley.gateway.offsets import Offsets
from parley.model.ids import SessionId, UserId
from parley.socketio.config import Config
from parley.socketio.namespace import Namespace
from parley.socketio.server import Server
from parley.socketio.socket import Socket
from tests.support.world import World, world_over


class Wire:
    """The far end of a socket: what was written to it, and whether it was ended."""

    def __init__(self) -> None:
        self.on_websocket = True
        self.descriptor = -1
        self.deflate = None
        self.ended = False
        self.bytes = b""
        self.closed: list[Any] = []

    def write(self, frames: bytes) -> None:
        self.bytes += frames

    def allow(self, size: int) -> None:
        """Bounds nothing."""

    def cut(self, *how: Any) -> None:
        self.closed.append(how)

    @property
    def events(self) -> list[tuple[str, Any]]:
        """The events received, in order: name and first argument."""
        texts = re.findall(rb'42(\["[^"]*",\{.*?\}\])(?=[\x80-\xff]|$)', self.bytes, re.DOTALL)
        return [tuple(json.loads(text)) for text in texts]

    @property
    def acks(self) -> list[Any]:
        texts = re.findall(rb"43\d+(\[\{.*?\}\])(?=[\x80-\xff]|$)", self.bytes, re.DOTALL)
        return [json.loads(text)[0] for text in texts]


@dataclass
class Node:
    """One node's real-time side."""

    world: World
    namespace: Namespace
    hub: Hub
    wires: dict[Connection, Wire] = field(default_factory=dict)

    def arrive(self, user_id: UserId, session: str = "s") -> tuple[Connection, Wire]:
        """A socket that the hub doesn't know yet."""
        wire = Wire()
        carrier = SimpleNamespace(session=wire, drop=lambda _socket, _reason: None)
        socket = Socket(self.namespace, carrier, f"sid{len(self.wires)}", SimpleNamespace(auth={}))
        socket.on_transport()
        socket.connected = True
        connection = Connection(socket, user_id, SessionId(session))
        socket.data = connection
        self.namespace.sockets[socket.id] = socket
        self.wires[connection] = wire
        return connection, wire

    async def connect(self, user_id: UserId, session: str = "s") -> Wire:
        connection, wire = self.arrive(user_id, session)
        await self.hub.welcome(connection)
        return wire

    def flush(self) -> None:
        """End the tick: what was pushed in it is written."""
        self.namespace.fanout.flush()

    def seqs(self, wire: Wire) -> list[int]:
        self.flush()
        return [entry["seq"] for _, entry in wire.events]

    def types(self, wire: Wire) -> list[str]:
        self.flush()
        return [name for name, _ in wire.events]


def node_over(faults: Faults | None = None) -> Node:
    log = MemoryLog(faults=faults)
    return node_of(world_over(log))


def node_of(world: World) -> Node:
    """A hub over what the world has, without sockets yet."""
    namespace = Server(Config()).namespace("/")
    views = MemoryConversations(world.log)
    replays = MemoryReplays(log=world.log, views=views, random=secrets.token_bytes)
    hub = Hub(
        namespace=namespace,
        views=views,
        log=world.log,
        offsets=Offsets(replays, "store"),
        spawn=world.background.spawn,
    )
    world.bus.subscribe(on_record=hub.on_record, on_signal=hub.on_signal)
    return Node(world, namespace, hub)


@pytest.fixture
async def node() -> Node:
    node = node_over()
    await node.world.open()
    return node
