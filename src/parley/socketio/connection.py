"""Socket.IO on one Engine.IO session: its namespaces, and packets that come in parts."""

from collections.abc import Awaitable, Iterator
from inspect import isawaitable
from typing import TYPE_CHECKING, Any

from parley.socketio.errors import ConnectError, TryLater
from parley.socketio.logs import log
from parley.socketio.namespace import ConnectHandler
from parley.socketio.protocol.binary import attach
from parley.socketio.protocol.errors import PacketError
from parley.socketio.protocol.frames import CloseCode
from parley.socketio.protocol.nesting import nested_deeper
from parley.socketio.protocol.packets import (
    RESERVED_EVENTS,
    ROOT,
    Packet,
    PacketType,
    decode,
    decode_common_event,
    encode_header,
    split_event,
)
from parley.socketio.reasons import Reason
from parley.socketio.recovery import Replay
from parley.socketio.request import Handshake
from parley.socketio.session import Session
from parley.socketio.socket import Socket

if TYPE_CHECKING:
    from parley.socketio.server import Server

_RESERVED = frozenset(name.encode() for name in RESERVED_EVENTS)


class Connection:
    """Takes a session's messages apart and hands them to the namespaces' sockets."""

    __slots__ = ("_connecting", "_partial", "_root", "_server", "_sockets", "session")

    def __init__(self, server: "Server", session: Session) -> None:
        self._server = server
        self._root: Socket | None = None
        self._sockets: dict[str, Socket] | None = None
        self._connecting: set[str] | None = None
        self._partial: Packet | None = None
        self.session = session

    # --- packets

    def on_text(self, packet: bytes) -> None:
        if self._partial is not None:
            raise PacketError("text while attachments are missing")
        event = decode_common_event(packet)
        if event is None:
            self._on_packet(packet)
            return
        ack_id, name, args = event
        socket = self._root
        if socket is None or name in _RESERVED:
            raise PacketError("event out of place")
        if nested_deeper(args, self._server.config.max_nesting):
            raise PacketError("nested too deep")
        socket.namespace.on_event(socket, name.decode(), args, ack_id)

    def _on_packet(self, message: bytes) -> None:
        config = self._server.config
        packet = decode(message, config.max_attachments)
        if nested_deeper(packet.payload, config.max_nesting):
            raise PacketError("nested too deep")
        if packet.missing:
            self._partial = packet
        else:
            self._dispatch(packet)

    def on_binary(self, message: bytes) -> None:
        packet = self._partial
        if packet is None:
            raise PacketError("binary message without a header")
        packet.attachments.append(bytes(message))
        packet.missing -= 1
        if not packet.missing:
            self._partial = None
            self._dispatch(packet)

    def _dispatch(self, packet: Packet) -> None:
        if packet.type == PacketType.CONNECT:
            self._on_connect(packet)
            return
        socket = self._find(packet.namespace)
        if socket is None:
            raise PacketError("packet for a namespace that is not connected")
        if packet.type == PacketType.DISCONNECT:
            self.drop(socket, Reason.CLIENT_DISCONNECT)
        elif packet.type in {PacketType.ACK, PacketType.BINARY_ACK}:
            values = self._server.decode_array(packet.payload)
            args = [attach(value, packet.attachments) for value in values]
            socket.on_ack(int(packet.ack_id), args)
        else:
            self._on_event(socket, packet)

    def _on_event(self, socket: Socket, packet: Packet) -> None:
        event, args = split_event(packet.payload, self._server.config.decode)
        if packet.type == PacketType.BINARY_EVENT:
            socket.namespace.on_binary_event(socket, event, args, packet.attachments, packet.ack_id)
        else:
            socket.namespace.on_event(socket, event, args, packet.ack_id)

    def _find(self, namespace: str) -> Socket | None:
        if namespace == ROOT:
            return self._root
        return self._sockets.get(namespace) if self._sockets is not None else None

    # --- connecting

    def _on_connect(self, packet: Packet) -> None:
        name = packet.namespace
        if self._find(name) is not None or name in (self._connecting or ()):
            raise PacketError("namespace is connected already")
        auth = self._server.decode_auth(packet.payload)
        namespace = self._server.namespaces.get(name)
        if namespace is None:
            self._refuse(name, ConnectError("Invalid namespace"))
            return
        count = len(self._sockets or ()) + len(self._connecting or ())
        if count >= self._server.config.max_namespaces:
            raise PacketError("too many namespaces")
        if self._connecting is None:
            self._connecting = set()
        self._connecting.add(name)
        handshake = Handshake(self.session.request, auth)
        socket = Socket(namespace, self, self._server.config.new_id(), handshake)
        socket.hold()
        socket.on_transport()
        self._pass(socket, iter(namespace.middleware))

    def _pass(self, socket: Socket, steps: Iterator[ConnectHandler]) -> None:
        """Runs the middleware plainly, until one of its steps has to be awaited."""
        try:
            for step in steps:
                waiting = step(socket)
                if isawaitable(waiting):
                    self._server.spawn(self._pass_later(socket, waiting, steps))
                    return
        except Exception as error:
            self._fail(socket, error)
            return
        self._recover(socket)

    async def _pass_later(
        self, socket: Socket, waiting: Awaitable[None], steps: Iterator[ConnectHandler]
    ) -> None:
        try:
            await waiting
        except Exception as error:
            self._fail(socket, error)
        else:
            self._pass(socket, steps)

    def _fail(self, socket: Socket, error: Exception) -> None:
        name = socket.namespace.name
        socket.namespace.leave_all(socket)
        if self._connecting is not None:
            self._connecting.discard(name)
        if self.session.ended:
            return
        if isinstance(error, ConnectError):
            self._refuse(name, error)
        elif isinstance(error, TryLater):
            self.session.close(Reason.CUT, error.code, error.reason)
        else:
            # Not packet 44: the client would never return, and the fault is ours.
            log.error("middleware failed", exc_info=error)
            self.session.close(Reason.CUT, CloseCode.INTERNAL_ERROR)

    def _refuse(self, namespace: str, error: ConnectError) -> None:
        body: dict[str, Any] = {"message": error.message}
        if error.data is not None:
            body["data"] = error.data
        header = encode_header(PacketType.CONNECT_ERROR, namespace)
        self.session.send([header + self._server.config.encode(body)])

    def _recover(self, socket: Socket) -> None:
        """Offers recovery to whom it is for, and has what was missed fetched for who returns."""
        recovery = self._server.recovery
        auth = socket.handshake.auth or {}
        wanted = self._server.config.recover_all or auth.get("recover") is True
        if recovery is None or not wanted:
            self._accept(socket, None)
            return
        pid, offset = auth.get("pid"), auth.get("offset")
        if isinstance(pid, str) and isinstance(offset, str):
            self._server.spawn(self._resume(socket, pid, offset))
            return
        socket.pid = recovery.issue(socket)
        self._accept(socket, None)

    async def _resume(self, socket: Socket, pid: str, offset: str) -> None:
        recovery = self._server.recovery
        if recovery is None:
            return
        try:
            replay = await recovery.resume(socket, pid, offset)
            socket.pid = pid if replay is not None else recovery.issue(socket)
        except Exception as error:
            self._fail(socket, error)
        else:
            self._accept(socket, replay)

    def _accept(self, socket: Socket, replay: Replay | None) -> None:
        """Tells the client first, then sends what it missed, what was held, what handlers emit."""
        namespace = socket.namespace
        if self._connecting is not None:
            self._connecting.discard(namespace.name)
        if self.session.ended:
            namespace.leave_all(socket)
            namespace.ended(socket, Reason.TRANSPORT_CLOSE)
            return
        if replay is not None:
            socket.restore(replay)
        if namespace.name == ROOT:
            self._root = socket
        if self._sockets is None:
            self._sockets = {}
        self._sockets[namespace.name] = socket
        namespace.sockets[socket.id] = socket
        socket.connected = True
        socket.greet(replay)
        socket.release()
        namespace.began(socket)

    # --- the session

    def on_transport(self) -> None:
        for socket in (self._sockets or {}).values():
            socket.on_transport()

    def flush(self) -> None:
        for socket in (self._sockets or {}).values():
            self._server.fanout.flush_one(socket)

    def check_held(self, size: int) -> None:
        """Cuts a connection for which too much is kept back."""
        if size > self._server.config.max_outbox:
            self._server.engine.call_soon(self._overflow)

    def _overflow(self) -> None:
        self.session.lose(Reason.OUTBOX_FULL)

    @property
    def is_connected(self) -> bool:
        """Whether any namespace is."""
        return bool(self._sockets)

    def on_end(self, reason: Reason) -> None:
        self._server.connections.discard(self)
        self._partial = None
        for socket in list((self._sockets or {}).values()):
            self.drop(socket, reason)

    def drop(self, socket: Socket, reason: Reason) -> None:
        """Ends one socket; the session goes on."""
        if not socket.connected:
            return
        namespace = socket.namespace
        self._server.fanout.flush_one(socket)
        recovery = self._server.recovery
        returns = reason not in {Reason.CLIENT_DISCONNECT, Reason.SERVER_DISCONNECT}
        if recovery is not None and socket.pid is not None and returns:
            recovery.suspend(socket)
        socket.connected = False
        if self._sockets is not None:
            self._sockets.pop(namespace.name, None)
        if namespace.name == ROOT:
            self._root = None
        namespace.sockets.pop(socket.id, None)
        namespace.leave_all(socket)
        socket.fail_calls()
        namespace.ended(socket, reason)


class ConnectTimeout:
    """Ends a session that has connected no namespace in time."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def on_time(self, now: float) -> None:
        """Is called by the wheel."""
        if not self._connection.is_connected:
            self._connection.session.close(Reason.CONNECT_TIMEOUT)
