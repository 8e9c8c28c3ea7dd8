"""One client in one namespace."""

import asyncio
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from parley.socketio.encoding import Encoded
from parley.socketio.errors import ConnectError, Disconnected
from parley.socketio.members import Batch, Member, Room
from parley.socketio.protocol.frames import CloseCode
from parley.socketio.protocol.packets import PacketType, encode_header
from parley.socketio.reasons import Reason
from parley.socketio.recovery import Replay
from parley.socketio.request import Handshake

if TYPE_CHECKING:
    from parley.socketio.connection import Connection
    from parley.socketio.namespace import Namespace


class Socket(Member):
    """What handlers know a client by.

    What is pushed first is written first. Answers to the client's own events may overtake what
    a room is sent, never what was sent to this socket alone. `data` is the application's.
    """

    __slots__ = (
        "_auth",
        "_calls",
        "_connection",
        "_last_call",
        "connected",
        "data",
        "id",
        "namespace",
        "pid",
        "recovered",
        "room_map",
    )

    def __init__(
        self,
        namespace: "Namespace",
        connection: "Connection",
        sid: str,
        auth: dict[str, Any] | None,
    ) -> None:
        super().__init__()
        self._auth = auth
        self._connection = connection
        self._calls: dict[int, asyncio.Future[list[Any]]] | None = None
        self._last_call = 0
        self.namespace = namespace
        self.id = sid
        self.data: Any = None
        self.connected = False
        self.pid: str | None = None
        self.recovered = False
        self.room_map: dict[str, Room] | None = None

    @property
    def handshake(self) -> Handshake:
        """How the client came, and what it sent as `auth`."""
        return Handshake(self._connection.session.request, self._auth)

    # --- sending

    def emit(self, event: str, *args: object) -> None:
        """Sends an event with JSON or bytes arguments.

        Raises UnencodablePacket for a reserved name, and what the JSON encoder raises.
        """
        self.push(self.namespace.encode_event(event, args), recorded=True)

    async def call(self, event: str, *args: object, timeout: float = 20.0) -> Any:  # noqa: ASYNC109, ANN401 - any JSON; every API has it here
        """Sends an event and returns the client's answer: None, a value, or a list of several.

        Raises TimeoutError after `timeout` seconds, Disconnected if the socket ends before.
        """
        if not self.connected:
            raise Disconnected(self.id)
        self._last_call += 1
        ack_id = self._last_call
        question = self.namespace.encode_event(event, args, b"%d" % ack_id)
        future: asyncio.Future[list[Any]] = asyncio.get_running_loop().create_future()
        if self._calls is None:
            self._calls = {}
        self._calls[ack_id] = future
        self.push(question)
        try:
            async with asyncio.timeout(timeout):
                answer = await future
        finally:
            if self._calls is not None:
                self._calls.pop(ack_id, None)
        return answer if len(answer) > 1 else (answer[0] if answer else None)

    def push(self, encoded: Encoded, offset: str | None = None, *, recorded: bool = False) -> None:
        """Sends what `Namespace.encode` made, in order with what rooms are sent.

        `recorded` has the server's recovery give it an offset where it comes without one.
        """
        if offset is not None:
            encoded = encoded.at(offset)
        elif recorded:
            encoded = self.namespace.positioned(encoded, (self.id,), ())
        if self.connected or self.holds:
            self.namespace.fanout.push_one(self, encoded)

    def send_encoded(self, packet: bytes) -> None:
        """Sends a whole Socket.IO packet, as text, in order with what this socket is sent."""
        self.push(Encoded(b"4" + packet))

    def reply(self, encoded: Encoded) -> None:
        """Sends an answer to one of the client's events; it may overtake what rooms are sent."""
        if self.connected:
            self.allow(len(encoded.frames))
            self.namespace.fanout.reply(self, encoded)

    def allow(self, size: int) -> None:
        """Widens the bound on what waits for this client, so that what it asked for is not why it is cut."""
        self._connection.session.allow(size)

    def on_ack(self, ack_id: int, args: list[Any]) -> None:
        """Hands the client's answer to the call that waits for it; unknown ones are dropped."""
        future = self._calls.pop(ack_id, None) if self._calls is not None else None
        if future is not None and not future.done():
            future.set_result(args)

    def hold(self) -> None:
        """Keeps pushes back, this socket's answers excepted, until `release`; holds nest."""
        self.namespace.fanout.hold(self)

    def release(self) -> None:
        """Ends one hold; with the last, what was kept back follows in order.

        For a socket that ended meanwhile it is dropped: its connection may go on without it.
        """
        fanout = self.namespace.fanout
        if not self.connected and self.holds == 1:
            fanout.abandon(self)
        fanout.release(self)

    def held_offsets(self) -> set[str]:
        """The offsets of what is kept back now."""
        self.namespace.fanout.flush_one(self)
        held = (encoded.offset for item in self.held or () for encoded in item.encoded)
        return {offset for offset in held if offset is not None}

    # --- connecting

    def restore(self, replay: Replay) -> None:
        """Takes up what it was before its connection was lost."""
        self.recovered = True
        if replay.sid is not None:
            self.id = replay.sid
        if replay.data is not None:
            self.data = replay.data
        for room in replay.rooms:
            self.join(room)
        self.namespace.fanout.forget(self, replay.covered())

    def greet(self, replay: Replay | None) -> None:
        """Sends the CONNECT reply, and what a recovered socket missed, before everything else."""
        body = {"sid": self.id} if self.pid is None else {"sid": self.id, "pid": self.pid}
        header = encode_header(PacketType.CONNECT, self.namespace.name)
        fanout = self.namespace.fanout
        fanout.urge(self, Encoded(header + self.namespace.server.config.encode(body)))
        if replay is not None:
            # It asked for these. Cut for them, it would return with the offset that it has, for the same ones.
            self.allow(sum(len(encoded.positioned_frames) for encoded in replay.packets))
            for encoded in replay.packets:
                fanout.urge(self, encoded)

    # --- rooms

    @property
    def rooms(self) -> Collection[str]:
        """The rooms it is in, the one of its own id included."""
        return (self.id, *(self.room_map or ()))

    def join(self, room: str) -> None:
        """Enters a room; raises TooManyRooms past the limit of the settings."""
        self.namespace.join(self, room)

    def leave(self, room: str) -> None:
        """Leaves a room; it still gets what the room was sent until now."""
        self.namespace.leave(self, room)

    # --- ending

    def disconnect(self, *, close: bool = False, error: ConnectError | None = None) -> None:
        """Ends it for good: the client gets packet `41` and does not return by itself.

        Its other namespaces go on, unless `close` ends the whole connection. One that is still connecting is refused,
        with `44` and this error, whatever its middleware says later.
        """
        if self.connected:
            header = encode_header(PacketType.DISCONNECT, self.namespace.name)
            fanout = self.namespace.fanout
            # What is held is given up: it is never going to be released.
            (fanout.urge if self.holds else fanout.push_one)(self, Encoded(header))
            self._connection.drop(self, Reason.SERVER_DISCONNECT)
        else:
            self._connection.give_up(self, error or ConnectError("disconnected by the server"))
        if close:
            self._connection.session.close(Reason.SERVER_DISCONNECT)

    def cut(self, code: int = CloseCode.SERVICE_RESTART, reason: str = "") -> None:
        """Ends the whole connection in a way that brings stock clients back."""
        self._connection.session.cut(Reason.CUT, code, reason)

    def fail_calls(self) -> None:
        """Tells those who wait for this client's answers that there will be none."""
        calls, self._calls = self._calls, None
        for future in (calls or {}).values():
            if not future.done():
                future.set_exception(Disconnected(self.id))

    # --- what the fan-out asks of its members

    def is_plain(self) -> bool:
        session = self._connection.session
        return self.pid is None and session.on_websocket and session.deflate is None

    def transmit(self, items: Sequence[Encoded | Batch]) -> None:
        session = self._connection.session
        deflate = session.deflate
        if deflate is not None:
            chosen = items if self.pid is None else self._chosen(items)
            self.write(b"".join([item.deflated(deflate) for item in chosen]))
        elif session.on_websocket:
            if self.pid is None:
                self.write(b"".join([item.frames for item in items]))
            else:
                self.write(b"".join([item.positioned_frames for item in items]))
        else:
            chosen = self._chosen(items)
            session.send([packet for encoded in chosen for packet in encoded.packets])

    def _chosen(self, items: Iterable[Encoded | Batch]) -> list[Encoded]:
        """Returns the packets of all items in the form that this socket is sent."""
        encoded = [packet for item in items for packet in item.encoded]
        return encoded if self.pid is None else [packet.for_recovery() for packet in encoded]

    def on_held_size(self, size: int) -> None:
        self._connection.check_held(self, size)

    def on_transport(self) -> None:
        """Takes up the session's writer."""
        session = self._connection.session
        self.write = session.write
        self.descriptor = session.descriptor
        self.settle()

    def part(self) -> None:
        """Leaves the session, which may go on: its writer is another's business from now on."""
        self.connected = False
        self.write = _discard
        self.descriptor = -1


def _discard(frames: bytes) -> None:
    """Takes the place of the writer once the socket has ended."""
