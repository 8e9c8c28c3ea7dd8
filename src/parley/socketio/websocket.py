"""WebSocket connections for asyncio: the protocol class that uvicorn hands an upgrade to."""

import asyncio
import os
from collections import deque
from collections.abc import Callable, Collection, Mapping
from typing import Any, Protocol, cast

from parley.socketio.config import Config
from parley.socketio.protocol.deflate import Agreement, negotiate
from parley.socketio.protocol.errors import FrameError, UpgradeError
from parley.socketio.protocol.frames import (
    CloseCode,
    FrameParser,
    Limits,
    Opcode,
    parse_close,
    serialise,
    serialise_close,
)
from parley.socketio.protocol.handshake import (
    accept,
    check_upgrade,
    refuse,
)
from parley.socketio.reasons import Reason
from parley.socketio.request import Request

# As plain integers: an attribute of an enumeration costs more than the comparison it is for.
_TEXT = int(Opcode.TEXT)
_BINARY = int(Opcode.BINARY)
_NOTHING = Limits(0)


class Handler(Protocol):
    """What receives an open WebSocket's messages; called plainly, as bytes arrive."""

    def on_text(self, message: bytes) -> None:
        """Takes a message that is known to be UTF-8."""

    def on_binary(self, message: bytes) -> None:
        """Takes a binary message."""

    def on_writer(self, write: Callable[[bytes], None], descriptor: int) -> None:
        """Learns how frames are written from now on, as `WebSocket` says; before, it was otherwise."""

    def on_lost(self, reason: Reason) -> None:
        """Is told once that nothing comes and nothing goes any more, and why."""


class Endpoint(Protocol):
    """Decides about requests for a WebSocket on one path."""

    def on_upgrade(self, websocket: "WebSocket", request: Request) -> None:
        """Calls `accept` or `refuse`, at once or later."""


class WebSocket(asyncio.Protocol):
    """One connection: an HTTP upgrade, then frames.

    `deflate` is what was agreed on about compressing what is written, None where nothing was.
    `write` takes whole frames. It is the transport's own function while the peer keeps up; while
    it does not, frames are parked here up to `max_outbox` bytes, and its requests are not read.

    `descriptor` is the socket's, as long as the transport itself holds nothing back and what is
    written there would follow in order; otherwise -1. What the kernel does not take goes to
    `write`. Every change is told to the handler, who must forget the number then: once the
    connection is closed it may be another one's. See `fanout` for what it is good for.
    """

    __slots__ = (
        "_allowed",
        "_closing",
        "_config",
        "_connections",
        "_endpoints",
        "_handler",
        "_key",
        "_parked",
        "_parked_size",
        "_parser",
        "_paused",
        "_timer",
        "_transport",
        "deflate",
        "descriptor",
        "write",
    )

    def __init__(
        self,
        endpoints: Mapping[str, Endpoint],
        config: Config,
        connections: set[Any] | None = None,
    ) -> None:
        """Serves `endpoints` by path; adds itself to `connections` as uvicorn's protocols do."""
        self._endpoints = endpoints
        self._config = config
        self._connections = connections
        self._transport: asyncio.Transport = cast("asyncio.Transport", None)
        self._parser: FrameParser | None = None
        self._handler: Handler | None = None
        self._key: str | None = None
        self._closing = False
        self._parked: deque[bytes] | None = None
        self._parked_size = 0
        self._allowed = 0
        self._paused = False
        self._timer: asyncio.TimerHandle | None = None
        self.write: Callable[[bytes], None] = _discard
        self.descriptor = -1
        self.deflate: Agreement | None = None

    # --- the upgrade

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        if self._connections is not None:
            self._connections.add(self)

    def _upgrade(self, data: bytes) -> None:
        """Takes the request, which uvicorn hands over whole; nothing may follow it yet."""
        try:
            request = self._request(data.removesuffix(b"\r\n\r\n"))
            self._key = check_upgrade(request.method, request.headers)
        except UpgradeError as error:
            self.refuse(400, str(error).encode(), "text/plain", error.headers)
            return
        if self._config.deflate is not None:
            offers = request.headers.get("sec-websocket-extensions", "")
            self.deflate = negotiate(offers, self._config.deflate)
        endpoint = self._endpoints.get(request.path)
        if endpoint is None:
            self.refuse(404, b"Not Found", "text/plain")
        else:
            endpoint.on_upgrade(self, request)

    def _request(self, head: bytes) -> Request:
        transport = self._transport
        peer = transport.get_extra_info("peername")
        address = peer[0] if isinstance(peer, tuple) else None
        return Request(head, address, transport.get_extra_info("sslcontext") is not None)

    def accept(
        self,
        handler: Handler,
        headers: Collection[tuple[str, str]] = (),
        greeting: bytes = b"",
    ) -> None:
        """Switches to WebSocket; `handler` gets its messages from the next bytes on.

        `greeting` is frames that go out with the answer, in one write.
        """
        if self._closing or self._key is None:
            handler.on_lost(Reason.TRANSPORT_CLOSE)
            return
        config = self._config
        limits = config.frame_limits
        if self.deflate is not None:
            limits = limits._replace(inflate=self.deflate.inflater(config.max_payload))
            headers = (*headers, ("Sec-WebSocket-Extensions", self.deflate.header))
        transport = self._transport
        descriptor = _descriptor_of(transport)
        if descriptor >= 0:
            # Whatever the transport holds back must pause us, or direct writes would overtake it.
            transport.set_write_buffer_limits(high=0)
        transport.write(accept(self._key, headers) + greeting)
        self._key = None
        self._parser = FrameParser(limits)
        self._handler = handler
        if self._paused:
            self.pause_writing()
        else:
            self._open_writer(transport.write, descriptor)

    def hand_over(self, handler: Handler) -> None:
        """Gives the messages to another handler from now on."""
        self._handler = handler
        handler.on_writer(self.write, self.descriptor)

    def refuse(
        self,
        status: int,
        body: bytes = b"",
        content_type: str = "application/json",
        headers: Collection[tuple[str, str]] = (),
    ) -> None:
        """Answers with plain HTTP, and ends the connection."""
        if not self._closing:
            self._closing = True
            self._transport.write(refuse(status, body, content_type, headers))
            self._transport.close()

    # --- reading

    def data_received(self, data: bytes) -> None:
        parser = self._parser
        if parser is None:
            self._before_open(data)
            return
        message = parser.whole_text(data)
        if message is None:
            self._on_frames(parser, data)
        elif self._handler is not None:
            self._handler.on_text(message)

    def _on_frames(self, parser: FrameParser, data: bytes) -> None:
        for opcode, payload in parser.feed(data):
            # A handler may have closed while earlier messages of these bytes were handled.
            handler = self._handler
            if opcode == _TEXT and handler is not None:
                handler.on_text(payload)
            elif opcode == _BINARY and handler is not None:
                handler.on_binary(payload)
            elif opcode > _BINARY:
                self._control(opcode, payload)
        if parser.error is not None:
            self._fail(parser.error)

    def _before_open(self, data: bytes) -> None:
        if self._key is None and not self._closing:
            self._upgrade(data)
        elif not self._closing:
            # A client must not send before it was answered; there is no telling what this is.
            self._closing = True
            self._transport.abort()

    def _control(self, opcode: int, payload: bytes) -> None:
        if opcode == Opcode.PING:
            self.write(serialise(Opcode.PONG, payload))
        elif opcode == Opcode.CLOSE:
            try:
                code, _ = parse_close(payload)
            except FrameError as error:
                self._fail(error)
                return
            if not self._closing:
                answer = b"" if code == CloseCode.NO_STATUS else payload[:2]
                self._send_last(serialise(Opcode.CLOSE, answer))
                if self.descriptor < 0 or self._transport.get_write_buffer_size():
                    # A transport ends only once everything is written, and the peer may read no
                    # more. With nothing left to write a plain one ends at once.
                    self._await_peer()
                self._lost(Reason.TRANSPORT_CLOSE)
            self._transport.close()

    # --- writing

    @property
    def outbox_bytes(self) -> int:
        """How many bytes wait, parked here and in the transport, for the peer to read."""
        return self._parked_size + self._transport.get_write_buffer_size()

    def pause_writing(self) -> None:
        """The kernel takes no more: frames wait here, and so do the peer's requests."""
        self._paused = True
        if self._handler is not None and not self._closing:
            self._transport.pause_reading()
            self._open_writer(self._park)

    def resume_writing(self) -> None:
        """Writes what is parked until the kernel is full again."""
        if self._parked and self.write is _discard:
            # Past its bound, and about to be cut: nothing may follow what it was not sent.
            return
        self._paused = False
        if self._handler is None or self._closing:
            return
        while self._parked and not self._paused:
            frames = self._parked.popleft()
            self._parked_size -= len(frames)
            self._transport.write(frames)
        if not self._paused:
            self._parked = None
            self._allowed = 0
            self._open_writer(self._transport.write, _descriptor_of(self._transport))
            self._transport.resume_reading()

    def allow(self, size: int) -> None:
        """Lets this much more wait than `max_outbox`, until nothing waits; the largest one counts.

        For answers. A peer that does not read has none of its requests read, so these are few,
        but one alone may be larger than the bound: its client would be cut, return, and ask again.
        """
        self._allowed = max(self._allowed, size)

    def _park(self, frames: bytes) -> None:
        if self._parked is None:
            self._parked = deque()
        self._parked.append(frames)
        self._parked_size += len(frames)
        if self._parked_size > self._config.max_outbox + self._allowed:
            # Not here and now: whoever writes may be in the middle of a room's members.
            self._open_writer(_discard)
            asyncio.get_running_loop().call_soon(self._overflow)

    def _overflow(self) -> None:
        self._parked = None
        self._end(CloseCode.TRY_AGAIN_LATER, "outbox is full", Reason.OUTBOX_FULL)

    def _open_writer(self, write: Callable[[bytes], None], descriptor: int = -1) -> None:
        self.write = write
        self.descriptor = descriptor
        if self._handler is not None:
            self._handler.on_writer(write, descriptor)

    # --- the end

    def close(self, code: int = CloseCode.NORMAL, reason: str = "") -> None:
        """Sends a close frame behind all that was written; the handler is told at once."""
        self._end(code, reason, Reason.TRANSPORT_CLOSE)

    def shutdown(self) -> None:
        """Is called by uvicorn when it goes down."""
        self._end(CloseCode.SERVICE_RESTART, "restarting", Reason.SERVER_SHUTDOWN)

    def _end(self, code: int, text: str, reason: Reason) -> None:
        if self._closing:
            return
        if self._handler is None:
            self.refuse(503)
            return
        self._send_last(serialise_close(code, text))
        self._await_peer()
        self._lost(reason)

    def _send_last(self, frame: bytes) -> None:
        """Writes a close frame behind all that waits."""
        self._closing = True
        parked, self._parked = self._parked, None
        self._transport.write(b"".join((*(parked or ()), frame)))
        if self._paused:
            self._transport.resume_reading()

    def _await_peer(self) -> None:
        """Gives the peer a while to finish its half of the closing handshake, and to take what comes before it."""
        self._give_time(asyncio.get_running_loop().time() + self._config.farewell_timeout)

    def _give_time(self, until: float) -> None:
        loop = asyncio.get_running_loop()
        waiting = self._transport.get_write_buffer_size()
        self._timer = loop.call_later(self._config.close_timeout, self._late, waiting, until)

    def _late(self, waited: int, until: float) -> None:
        """Aborts, unless the peer has taken some of what waited: that may end in an answer of ours."""
        taking = self._transport.get_write_buffer_size() < waited
        if taking and asyncio.get_running_loop().time() < until:
            self._give_time(until)
        else:
            self._transport.abort()

    def _fail(self, error: FrameError) -> None:
        """Ends a connection whose peer can no longer be understood."""
        self._parser = FrameParser(_NOTHING)
        self._parser.error = error
        if not self._closing:
            self._send_last(serialise_close(error.code, error.reason))
            self._await_peer()
            self._lost(Reason.TRANSPORT_ERROR)
        if self._transport.can_write_eof():
            # Half-closed, so that bytes still on their way cause no reset that would
            # overtake the close frame; they are read and dropped until the peer ends.
            self._transport.write_eof()
        else:
            self._transport.close()

    def _lost(self, reason: Reason) -> None:
        self._open_writer(_discard)
        handler, self._handler = self._handler, None
        if handler is not None:
            handler.on_lost(reason)

    def connection_lost(self, exc: Exception | None) -> None:
        self._closing = True
        if self._connections is not None:
            self._connections.discard(self)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._parked = None
        self._lost(Reason.TRANSPORT_CLOSE)


def _discard(frames: bytes) -> None:
    """Takes the place of a writer that has ended."""


def _descriptor_of(transport: asyncio.Transport) -> int:
    """Returns the socket's number where bytes written to it are what the peer gets, else -1."""
    plain = os.name == "posix" and transport.get_extra_info("sslcontext") is None
    socket = transport.get_extra_info("socket") if plain else None
    return -1 if socket is None else int(socket.fileno())


def protocol_class(endpoints: Mapping[str, Endpoint], settings: Config) -> Callable[..., WebSocket]:
    """Returns what `uvicorn.Config(ws=...)` takes to serve these endpoints by path."""

    def create(config: object, server_state: Any, app_state: object) -> WebSocket:  # noqa: ANN401 - uvicorn's
        return WebSocket(endpoints, settings, server_state.connections)

    return create
