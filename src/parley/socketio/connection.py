"""Socket.IO on one Engine.IO session: its namespaces, and packets that come in parts."""

from collections.abc import Awaitable, Collection, Iterator
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
from parley.socketio.recovery import Recovery, Replay
from parley.socketio.session import Session
from parley.socketio.socket import Socket

if TYPE_CHECKING:
    from parley.socketio.server import Server

_RESERVED = frozenset(name.encode() for name in RESERVED_EVENTS)


class Connection:
    """Takes a session's messages apart and hands them to the namespaces' sockets."""

    __slots__ = (
        "_connecting",
        "_max_nesting",
        "_others",
        "_partial",
        "_root",
        "_server",
        "session",
    )

    def __init__(self, server: "Server", session: Session) -> None:
        self._server = server
        self._max_nesting = server.config.max_nesting
        self._root: Socket | None = None
        # Nearly every client is in the root namespace alone: the rest costs nothing until then.
        self._others: dict[str, Socket] | None = None
        self._connecting: dict[str, Socket] | None = None
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
        if nested_deeper(args, self._max_nesting):
            raise PacketError("nested too deep")
        socket.namespace.on_event(socket, name.decode(), args, ack_id)

    def _on_packet(self, message: bytes) -> None:
        config = self._server.config
        packet = decode(message, config.max_attachments)
        if nested_deeper(packet.payload, self._max_nesting):
            raise PacketError("nested too deep")
        if packet.missing:
            if self._find(packet.namespace) is None:
                # Before its attachments are kept: up to `max_payload` bytes each.
                raise PacketError("packet for a namespace that is not connected")
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
        return self._others.get(namespace) if self._others is not None else None

    def _all(self) -> list[Socket]:
        root = () if self._root is None else (self._root,)
        return [*root, *(self._others or {}).values()]

    def _add(self, socket: Socket) -> None:
        if not self.in_use:
            self._server.engine.idle -= 1
        name = socket.namespace.name
        if name == ROOT:
            self._root = socket
        elif self._others is None:
            self._others = {name: socket}
        else:
            self._others[name] = socket

    def _remove(self, socket: Socket) -> None:
        if self._root is socket:
            self._root = None
        elif self._others is not None:
            self._others.pop(socket.namespace.name, None)
        if not self.in_use:
            self._server.engine.idle += 1
            if not self.session.ended:
                self._server.expect(self.session)

    def _settled(self, socket: Socket) -> bool:
        """Counts it as connecting no longer; returns whether it was."""
        name = socket.namespace.name
        if self._connecting is None or self._connecting.get(name) is not socket:
            return False
        del self._connecting[name]
        self._connecting = self._connecting or None
        return True

    # --- connecting

    def _on_connect(self, packet: Packet) -> None:
        if self._server.engine.draining:
            # Its connection may be waiting for its cut already, and would not wait for what this one begins.
            if not self.in_use:
                self.session.cut(Reason.SERVER_SHUTDOWN, CloseCode.SERVICE_RESTART, "restarting")
            return
        name = packet.namespace
        if self._find(name) is not None or name in (self._connecting or ()):
            raise PacketError("namespace is connected already")
        if len(packet.payload) > self._server.config.max_auth:
            raise PacketError("auth is too large")
        auth = self._server.decode_auth(packet.payload)
        namespace = self._server.namespaces.get(name)
        if namespace is None:
            self._refuse(name, ConnectError("Invalid namespace"))
            return
        count = len(self._all()) + len(self._connecting or ())
        if count >= self._server.config.max_namespaces:
            raise PacketError("too many namespaces")
        socket = Socket(namespace, self, self._server.config.new_id(), auth)
        if self._connecting is None:
            self._connecting = {}
        self._connecting[name] = socket
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

    def give_up(self, socket: Socket, error: ConnectError) -> None:
        """Refuses a socket that is still connecting; what its middleware says of it later counts no more."""
        if self._settled(socket):
            self._server.fanout.abandon(socket)
            self._refuse(socket.namespace.name, error)

    def _fail(self, socket: Socket, error: Exception) -> None:
        # It can't come back as what it was: that was given up, or is not whole.
        self._suspend(socket, Reason.SERVER_DISCONNECT)
        socket.namespace.leave_all(socket)
        socket.part()
        if not self._settled(socket) or self.session.ended:
            return
        if isinstance(error, ConnectError):
            self._refuse(socket.namespace.name, error)
        elif isinstance(error, TryLater):
            self.session.cut(Reason.CUT, CloseCode.TRY_AGAIN_LATER, error.reason)
        else:
            # Not packet 44: the client would never return, and the fault is ours.
            log.error("middleware failed", exc_info=error)
            self.session.cut(Reason.CUT, CloseCode.INTERNAL_ERROR)

    def _refuse(self, namespace: str, error: ConnectError) -> None:
        body: dict[str, Any] = {"message": error.message}
        if error.data is not None:
            body["data"] = error.data
        header = encode_header(PacketType.CONNECT_ERROR, namespace)
        try:
            packet = header + self._server.config.encode(body)
        except Exception:
            log.exception("a refusal can't be encoded")
            self.session.cut(Reason.CUT, CloseCode.INTERNAL_ERROR)
        else:
            self.session.send([packet])

    def _recover(self, socket: Socket) -> None:
        """Offers recovery to whom it is for, and has what was missed fetched for who returns."""
        recovery = self._server.recovery
        if recovery is None:
            self._accept(socket)
            return
        auth = socket.handshake.auth or {}
        if not self._server.config.recover_all and auth.get("recover") is not True:
            self._accept(socket)
            return
        pid, offset = auth.get("pid"), auth.get("offset")
        if isinstance(pid, str) and isinstance(offset, str):
            self._server.spawn(self._resume(recovery, socket, pid, offset))
            return
        self._accept(socket, recovery=recovery)

    async def _resume(self, recovery: Recovery, socket: Socket, pid: str, offset: str) -> None:
        try:
            replay = await recovery.resume(socket, pid, offset)
            if replay is not None:
                socket.pid = pid
                socket.restore(replay)
        except Exception as error:
            self._fail(socket, error)
            return
        self._accept(socket, replay, recovery)

    def _accept(
        self, socket: Socket, replay: Replay | None = None, recovery: Recovery | None = None
    ) -> None:
        """Tells the client first, then sends what it missed, what was held, what handlers emit."""
        namespace = socket.namespace
        given_up = not self._settled(socket)
        if given_up or self.session.ended:
            reason = Reason.SERVER_DISCONNECT if given_up else Reason.TRANSPORT_CLOSE
            self._suspend(socket, reason)
            namespace.leave_all(socket)
            socket.part()
            namespace.ended(socket, reason)
            return
        if recovery is not None and socket.pid is None:
            socket.pid = recovery.issue(socket)
        self._add(socket)
        # The transport may have changed while the middleware was waiting.
        socket.on_transport()
        namespace.sockets[socket.id] = socket
        socket.connected = True
        socket.greet(replay)
        socket.release()
        namespace.began(socket)

    # --- the session

    def on_transport(self) -> None:
        for socket in self._all():
            socket.on_transport()

    def flush(self) -> None:
        for socket in self._all():
            self._server.fanout.flush_one(socket)

    def drain(self) -> Awaitable[None] | None:
        waiting = [one for socket in self._all() for one in socket.namespace.drain(socket)]
        return _all_of(waiting) if waiting else None

    def check_held(self, socket: Socket, size: int) -> None:
        """Cuts a connection for which too much is kept back; where it has ended, that is dropped."""
        if size <= self._server.config.max_outbox:
            return
        if self.session.ended:
            # Its middleware is still at work, and it hears of its rooms until that is done.
            self._server.fanout.abandon(socket)
        else:
            self._server.engine.call_soon(self._overflow)

    def _overflow(self) -> None:
        self.session.cut(Reason.OUTBOX_FULL, CloseCode.TRY_AGAIN_LATER, "too much is held")

    @property
    def in_use(self) -> bool:
        """Whether any namespace is connected."""
        return self._root is not None or bool(self._others)

    def on_end(self, reason: Reason) -> None:
        self._partial = None
        for socket in self._all():
            self.drop(socket, reason)
        self._server.engine.idle -= 1

    def drop(self, socket: Socket, reason: Reason) -> None:
        """Ends one socket; the session goes on."""
        if not socket.connected:
            return
        namespace = socket.namespace
        self._server.fanout.flush_one(socket)
        self._suspend(socket, reason)
        socket.part()
        self._remove(socket)
        namespace.sockets.pop(socket.id, None)
        namespace.leave_all(socket)
        socket.fail_calls()
        namespace.ended(socket, reason)

    def _suspend(self, socket: Socket, reason: Reason) -> None:
        recovery = self._server.recovery
        if recovery is None or socket.pid is None:
            return
        final = reason in {Reason.CLIENT_DISCONNECT, Reason.SERVER_DISCONNECT}
        try:
            recovery.ended(socket, final=final)
        except Exception:
            log.exception("recovery failed")


async def _all_of(waiting: Collection[Awaitable[None]]) -> None:
    for one in waiting:
        try:
            await one
        except Exception:
            log.exception("a handler failed")
