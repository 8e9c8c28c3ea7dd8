"""A namespace: its handlers, its sockets and its rooms."""

from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from inspect import isawaitable
from typing import TYPE_CHECKING, Any

from parley.socketio.acks import Ack, encode_ack
from parley.socketio.broadcast import Broadcast
from parley.socketio.encoding import Encoded
from parley.socketio.errors import TooManyRooms
from parley.socketio.logs import log
from parley.socketio.members import Member, Room
from parley.socketio.protocol.binary import attach, detach
from parley.socketio.protocol.packets import (
    PacketType,
    check_event_name,
    encode_header,
)
from parley.socketio.reasons import Reason
from parley.socketio.socket import Socket

if TYPE_CHECKING:
    from parley.socketio.server import Server

EventHandler = Callable[..., Any]
ConnectHandler = Callable[[Socket], Awaitable[None] | None]
DisconnectHandler = Callable[[Socket, Reason], Awaitable[None] | None]
DrainHandler = Callable[[Socket], Awaitable[None] | None]
RawHandler = Callable[[Socket, str, bytes, Ack | None], None]
RawBinaryHandler = Callable[[Socket, str, bytes, Sequence[bytes], Ack | None], None]

# An application has a handful of events; one that makes names up as it goes fills no memory.
_MOST_NAMES = 1000


class Namespace:
    """One path of the server; handlers may be plain functions or coroutine functions.

    A plain one is called as the bytes arrive; a coroutine function's call becomes a task.
    """

    def __init__(self, server: "Server", name: str) -> None:
        self.server = server
        self.name = name
        self._begins: dict[str, bytes] = {}
        self.ack_header = encode_header(PacketType.ACK, name)
        self.fanout = server.fanout
        self.sockets: dict[str, Socket] = {}
        self.rooms: dict[str, Room] = {}
        self.middleware: list[ConnectHandler] = []
        self.connect_handlers: list[ConnectHandler] = []
        self.disconnect_handlers: list[DisconnectHandler] = []
        self.drain_handlers: list[DrainHandler] = []
        self._handlers: dict[str, EventHandler] = {}
        self._raw: RawHandler | None = None
        self._raw_binary: RawBinaryHandler | None = None

    # --- handlers

    def use(self, middleware: ConnectHandler) -> ConnectHandler:
        """Adds a step before a socket connects; ConnectError and TryLater refuse it."""
        self.middleware.append(middleware)
        return middleware

    def on_connect(self, handler: ConnectHandler) -> ConnectHandler:
        """Has `handler(socket)` called for each socket, once its client was told."""
        self.connect_handlers.append(handler)
        return handler

    def on_disconnect(self, handler: DisconnectHandler) -> DisconnectHandler:
        """Has `handler(socket, reason)` called once for each socket that passed the middleware."""
        self.disconnect_handlers.append(handler)
        return handler

    def on_drain(self, handler: DrainHandler) -> DrainHandler:
        """Has `handler(socket)` called when a connection's turn to be cut has come, going down.

        It is cut once what the handlers return was awaited: nothing new should be begun for the
        socket until then, and what is under way be finished and answered.
        """
        self.drain_handlers.append(handler)
        return handler

    def on(self, event: str, handler: EventHandler) -> EventHandler:
        """Has `handler(socket, *args)` called for an event.

        Where the client asked for an ack it is sent what the handler returns, a tuple as several
        arguments. There is no ack for None, nor if the handler raises; `()` answers with null.
        """
        check_event_name(event)
        self._handlers[event] = handler
        return handler

    def on_raw(self, handler: RawHandler, binary: RawBinaryHandler | None = None) -> None:
        """Has `handler(socket, event, args, ack)` called for all events that have none.

        `args` is the JSON array of the arguments as it came: known to be nested no deeper than
        the limit, otherwise unchecked. Events with attachments go to
        `binary(socket, event, args, attachments, ack)`, placeholders in place, or nowhere.
        """
        self._raw = handler
        self._raw_binary = binary

    # --- events from clients

    def on_event(self, socket: Socket, event: str, args: bytes, ack_id: bytes) -> None:
        """Calls the handler of an event without attachments; raises PacketError for bad JSON."""
        handler = self._handlers.get(event)
        if handler is None and self._raw is not None:
            try:
                self._raw(socket, event, args, Ack(socket, ack_id) if ack_id else None)
            except Exception:
                log.exception("handler of %r failed", event)
            return
        # Also where nobody listens: it is as malformed there.
        values = self.server.decode_array(args)
        if handler is not None:
            self._call(handler, socket, values, ack_id)

    def on_binary_event(
        self, socket: Socket, event: str, args: bytes, attachments: list[bytes], ack_id: bytes
    ) -> None:
        """Calls the handler of an event with attachments; raises PacketError for bad ones."""
        handler = self._handlers.get(event)
        if handler is None and self._raw_binary is not None:
            ack = Ack(socket, ack_id) if ack_id else None
            try:
                self._raw_binary(socket, event, args, attachments, ack)
            except Exception:
                log.exception("handler of %r failed", event)
            return
        values = [attach(value, attachments) for value in self.server.decode_array(args)]
        if handler is not None:
            self._call(handler, socket, values, ack_id)

    def _call(
        self, handler: EventHandler, socket: Socket, args: Iterable[Any], ack_id: bytes
    ) -> None:
        try:
            result = handler(socket, *args)
        except Exception:
            log.exception("a handler failed")
            return
        if isawaitable(result):
            self.server.spawn(self._answer_later(socket, result, ack_id))
        else:
            self._answer(socket, result, ack_id)

    async def _answer_later(self, socket: Socket, result: Awaitable[Any], ack_id: bytes) -> None:
        self._answer(socket, await result, ack_id)

    def _answer(self, socket: Socket, answer: object, ack_id: bytes) -> None:
        if answer is None or not ack_id:
            return
        try:
            encoded = encode_ack(self.name, ack_id, answer, self.server.config.encode)
        except Exception:
            log.exception("an answer can't be encoded")
        else:
            socket.reply(encoded)

    # --- events to clients

    def encode(self, event: str, args: bytes, offset: str | None = None) -> Encoded:
        """Encodes an event once for any number of pushes, with its offset if it has one.

        `args` is JSON arguments, separated by commas. They are not checked: malformed JSON here
        is malformed JSON at every client.
        """
        begin = self._begins.get(event) or self._begin(event)
        return Encoded(begin + args + b"]" if args else begin[:-1] + b"]", offset=offset)

    def _begin(self, event: str) -> bytes:
        """Returns an event's packet up to its arguments, remembered for the first names that come."""
        check_event_name(event)
        header = encode_header(PacketType.EVENT, self.name)
        begin = b"%b[%b," % (header, self.server.config.encode(event))
        if len(self._begins) < _MOST_NAMES:
            self._begins[event] = begin
        return begin

    def encode_event(self, event: str, args: Sequence[object], ack_id: bytes = b"") -> Encoded:
        """Encodes an event with JSON and bytes arguments; raises what the encoder raises."""
        check_event_name(event)
        value, attachments = detach([event, *args])
        header = encode_header(PacketType.EVENT, self.name, len(attachments))
        return Encoded(header + ack_id + self.server.config.encode(value), attachments)

    def emit(self, event: str, *args: object) -> None:
        """Sends an event to all sockets of the namespace."""
        Broadcast(self).emit(event, *args)

    def to(self, *rooms: str) -> Broadcast:
        """Begins a broadcast to rooms, or to single sockets by their ids."""
        return Broadcast(self, rooms)

    def except_(self, *rooms: str) -> Broadcast:
        """Begins a broadcast to all but these rooms or sockets."""
        return Broadcast(self, (), rooms)

    def push(self, room: str, encoded: Encoded, offset: str | None = None) -> None:
        """Sends an encoded event to a room: the fast way, joined with the room's other pushes.

        `offset`, or the one that it was encoded with, is what sockets with recovery get with it;
        it must grow from push to push. Without one, the server's recovery may give it one.
        """
        if offset is not None:
            encoded = encoded.at(offset)
        elif encoded.offset is None and self.server.recovery is not None:
            encoded = self.positioned(encoded, (room,), ())
        target = self.rooms.get(room)
        if target is not None:
            self.fanout.push(target, encoded)
        elif room in self.sockets:
            self.fanout.push_one(self.sockets[room], encoded)

    def positioned(
        self, encoded: Encoded, rooms: Collection[str], excluded: Collection[str]
    ) -> Encoded:
        """Returns the event with the offset that recovery gives it, if there is any."""
        recovery = self.server.recovery
        if recovery is None:
            return encoded
        offset = recovery.position(self.name, encoded, rooms, excluded)
        return encoded if offset is None else encoded.at(offset)

    # --- sockets

    def began(self, socket: Socket) -> None:
        """Tells the connect handlers of a socket that its client knows of."""
        for handler in self.connect_handlers:
            if socket.connected:
                self._notify(handler, socket)

    def ended(self, socket: Socket, reason: Reason) -> None:
        """Tells the disconnect handlers."""
        for handler in self.disconnect_handlers:
            self._notify(handler, socket, reason)

    def drain(self, socket: Socket) -> list[Awaitable[None]]:
        """Tells the drain handlers; returns what is to be awaited."""
        waiting = []
        for handler in self.drain_handlers:
            try:
                result = handler(socket)
            except Exception:
                log.exception("a handler failed")
            else:
                if result is not None:
                    waiting.append(result)
        return waiting

    def _notify(self, handler: Callable[..., Awaitable[None] | None], *args: object) -> None:
        try:
            result = handler(*args)
        except Exception:
            log.exception("a handler failed")
        else:
            if isawaitable(result):
                self.server.spawn(result)

    # --- rooms

    def join(self, socket: Socket, name: str) -> None:
        """Puts a socket into a room; raises TooManyRooms past the limit of the settings."""
        if socket.room_map is None:
            socket.room_map = {}
        if name in socket.room_map or name == socket.id:
            return
        if len(socket.room_map) >= self.server.config.max_rooms:
            raise TooManyRooms(name)
        room = self.rooms.get(name)
        if room is None:
            room = self.rooms[name] = Room()
        socket.room_map[name] = room
        self.fanout.join(room, socket)

    def leave(self, socket: Socket, name: str) -> None:
        """Takes a socket out of a room that it may be in."""
        room = socket.room_map.pop(name, None) if socket.room_map is not None else None
        if room is not None:
            self.fanout.leave(room, socket)
            if not room.members:
                del self.rooms[name]

    def leave_all(self, socket: Socket) -> None:
        """Takes a socket out of all its rooms."""
        for name in list(socket.room_map or ()):
            self.leave(socket, name)

    def members(self, names: Collection[str]) -> set[Member]:
        """Returns who is in any of these rooms, or has one of these ids."""
        found: set[Member] = set()
        for name in names:
            room = self.rooms.get(name)
            if room is not None:
                found |= room.members
            elif name in self.sockets:
                found.add(self.sockets[name])
        return found
