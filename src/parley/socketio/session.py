"""An Engine.IO session: one client's link, over polling, WebSocket, or from one to the other."""

from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING

from parley.socketio.candidate import Candidate
from parley.socketio.polling import Polling
from parley.socketio.protocol import engine as eio
from parley.socketio.protocol.deflate import Agreement
from parley.socketio.protocol.errors import PacketError
from parley.socketio.protocol.frames import CloseCode, Opcode, serialise
from parley.socketio.protocol.session import Action, Beat, Event, Heartbeat, State, step
from parley.socketio.reasons import Reason
from parley.socketio.receiver import Receiver
from parley.socketio.request import Request
from parley.socketio.websocket import WebSocket

if TYPE_CHECKING:
    from parley.socketio.engine import Engine

_WEBSOCKET = State.WEBSOCKET
_PING_FRAME = serialise(Opcode.TEXT, eio.PING)


class Session:
    """Binds the protocol's table of states to transports."""

    __slots__ = (
        "_candidate",
        "_farewell_until",
        "_heartbeat",
        "_polling",
        "_receiver",
        "_state",
        "_websocket",
        "engine",
        "request",
        "sid",
        "write",
    )

    def __init__(self, engine: "Engine", sid: str, request: Request, now: float) -> None:
        self.engine = engine
        self._state = State.POLLING
        self._heartbeat = Heartbeat(now, engine.config.ping_interval)
        self._polling: Polling | None = None
        self._websocket: WebSocket | None = None
        self._candidate: Candidate | None = None
        self._receiver: Receiver | None = None
        self.sid = sid
        self.request = request
        self.write: Callable[[bytes], None] = _discard

    def open_polling(self) -> Polling:
        """Begins on polling; the caller answers the handshake with what `poll` returns."""
        self._polling = Polling(self.engine.config.max_packets_per_poll)
        self._polling.send([self._open_packet(("websocket",))])
        self._receiver = self.engine.receive(self)
        return self._polling

    def greeting(self) -> bytes:
        """Returns the frame that begins a session on a WebSocket."""
        return serialise(Opcode.TEXT, self._open_packet(()))

    def open_websocket(self, websocket: WebSocket) -> None:
        """Begins on a WebSocket that this session was accepted for, and greeted."""
        self._state = State.WEBSOCKET
        self._websocket = websocket
        self._receiver = self.engine.receive(self)

    def _open_packet(self, upgrades: tuple[str, ...]) -> bytes:
        config = self.engine.config
        return eio.open_packet(
            self.sid,
            upgrades,
            round(config.ping_interval * 1000),
            round(config.ping_timeout * 1000),
            config.max_payload,
        )

    @property
    def on_websocket(self) -> bool:
        """Whether `write` leads to a WebSocket."""
        return self._state is State.WEBSOCKET

    @property
    def descriptor(self) -> int:
        """See `WebSocket`; -1 where the session is on none."""
        return -1 if self._websocket is None else self._websocket.descriptor

    @property
    def deflate(self) -> Agreement | None:
        """How to compress for its WebSocket, None where it has none or nothing was agreed on."""
        return None if self._websocket is None else self._websocket.deflate

    @property
    def polling(self) -> Polling | None:
        """The polling transport, None once the session has left it."""
        return None if self._state is State.WEBSOCKET else self._polling

    @property
    def outbox_bytes(self) -> int:
        """How many bytes wait for the client to take them."""
        if self._websocket is not None:
            return self._websocket.outbox_bytes
        return 0 if self._polling is None else self._polling.size

    @property
    def in_use(self) -> bool:
        """See `Receiver.in_use`."""
        return self._receiver is not None and self._receiver.in_use

    @property
    def ended(self) -> bool:
        """Whether nothing more is sent or received."""
        return self._state is State.CLOSED or self._state is State.CLOSING

    # --- sending

    def send(self, packets: Iterable[bytes]) -> None:
        """Sends Engine.IO packets, text or `Binary`, over the transport that is current."""
        if self._state is State.WEBSOCKET:
            self.write(b"".join([self._frame(packet) for packet in packets]))
        elif self._polling is not None and not self.ended:
            self._polling.send(list(packets))
            if self._polling.size > self.engine.config.max_outbox + self._polling.allowed:
                # Not at once: see `Fanout` on writes.
                self.engine.call_soon(self._overflow)

    def allow(self, size: int) -> None:
        """Lets this much more wait than `max_outbox`, until nothing waits."""
        if self._websocket is not None:
            self._websocket.allow(size)
        elif self._polling is not None:
            self._polling.allow(size)

    def _frame(self, packet: bytes) -> bytes:
        opcode = Opcode.BINARY if isinstance(packet, eio.Binary) else Opcode.TEXT
        deflate = self.deflate
        return serialise(opcode, packet) if deflate is None else deflate.frame(opcode, packet)

    def _overflow(self) -> None:
        self.cut(Reason.OUTBOX_FULL, CloseCode.TRY_AGAIN_LATER)

    # --- receiving

    def on_text(self, message: bytes) -> None:
        # The row (WEBSOCKET, MESSAGE) of the table, without the table: it is the hot path.
        receiver = self._receiver
        try:
            if receiver is not None and self._state is _WEBSOCKET and message[:1] == b"4":
                receiver.on_text(message)
            else:
                self.receive(message)
        except PacketError:
            self.lose(Reason.PARSE_ERROR)

    def on_binary(self, message: bytes) -> None:
        try:
            self.receive(eio.Binary(message))
        except PacketError:
            self.lose(Reason.PARSE_ERROR)

    def receive(self, packet: bytes) -> None:
        """Takes one packet of the current transport; raises PacketError for an invalid one."""
        binary = isinstance(packet, eio.Binary)
        kind = eio.MESSAGE if binary else packet[:1]
        if kind == eio.MESSAGE:
            self._state, action = step(self._state, Event.MESSAGE)
            if action is Action.DELIVER and self._receiver is not None:
                (self._receiver.on_binary if binary else self._receiver.on_text)(packet)
        elif kind == eio.PONG:
            self._state, action = step(self._state, Event.PONG)
            if action is Action.BEAT:
                self._heartbeat.pong(self.engine.time(), self.engine.config.ping_interval)
        elif kind == eio.CLOSE:
            self._end(Reason.TRANSPORT_CLOSE, eio.NOOP)
        else:
            raise PacketError("packet that only a server sends, or none at all")

    # --- the upgrade

    def offer(self, websocket: WebSocket) -> None:
        """Takes a WebSocket that was opened with this session's id."""
        state, action = step(self._state, Event.CANDIDATE)
        if action is Action.REFUSE_CANDIDATE:
            websocket.refuse(*self.engine.refusal(eio.Fault.BAD_REQUEST))
            return
        self._state = state
        self._candidate = Candidate(self, websocket)
        websocket.accept(self._candidate, self.engine.config.response_headers)
        self._candidate.expire_in(self.engine.config.upgrade_timeout, self.engine.loop)

    def on_candidate_packet(self, candidate: Candidate, message: bytes) -> None:
        """Takes a packet of the WebSocket that is to replace polling."""
        event = {eio.PROBE_PING: Event.PROBE, eio.UPGRADE: Event.UPGRADE}.get(message)
        if event is None or not candidate.fits(event):
            candidate.websocket.close(CloseCode.POLICY_VIOLATION)
            return
        self._state, action = step(self._state, event)
        if action is Action.ANSWER_PROBE:
            candidate.probed = True
            candidate.websocket.write(serialise(Opcode.TEXT, eio.PROBE_PONG))
            self._free_poll()
        elif action is Action.SWITCH:
            self._switch(candidate.websocket)
        elif action is Action.LEAVE:
            self._leave_by(candidate.websocket)

    def _free_poll(self) -> None:
        """The client stops polling before it upgrades, so its open poll must be answered."""
        if self._polling is not None:
            self._polling.release(eio.NOOP)

    def on_polled(self) -> None:
        """Is told that a poll has come, which must not wait while an upgrade is under way."""
        probed = self._candidate is not None and self._candidate.probed
        if probed and self._polling is not None and self._polling.empty:
            self._polling.send([eio.NOOP])

    def _switch(self, websocket: WebSocket) -> None:
        polling, self._polling = self._polling, None
        self._websocket = websocket
        if self._candidate is not None:
            self._candidate.settle()
            self._candidate = None
        websocket.hand_over(self)
        if polling is not None:
            websocket.allow(polling.allowed)
            waiting = polling.take_all()
            polling.release(eio.NOOP)
            self.send(waiting)
        if self._receiver is not None:
            self._receiver.on_transport()

    def _leave_by(self, websocket: WebSocket) -> None:
        """Ends on the transport to which the client has changed, behind what no poll has taken."""
        if self._candidate is not None:
            self._candidate.settle()
            self._candidate = None
        self._websocket = websocket
        waiting = self._polling.take_all() if self._polling is not None else []
        websocket.write(b"".join([self._frame(packet) for packet in waiting]))
        self._finish(Reason.TRANSPORT_CLOSE, eio.NOOP, CloseCode.SERVICE_RESTART, "restarting")

    def on_candidate_lost(self) -> None:
        """Goes on with polling as if nothing had been."""
        self._state, action = step(self._state, Event.CANDIDATE_LOST)
        if action is Action.DROP_CANDIDATE:
            self._candidate = None

    # --- the end

    def on_writer(self, write: Callable[[bytes], None], descriptor: int) -> None:
        self.write = write
        if self._receiver is not None:
            self._receiver.on_transport()

    def on_lost(self, reason: Reason) -> None:
        self._end(reason, eio.CLOSE)

    def lose(self, reason: Reason) -> None:
        """Ends the session for a fault or a silence of the client's."""
        self._end(reason, eio.CLOSE)

    def cut(self, reason: Reason, code: int = CloseCode.SERVICE_RESTART, text: str = "") -> None:
        """Ends the session so that stock clients come back by themselves.

        A WebSocket is closed with `code`, behind what was sent. A poll is answered with an HTTP
        error: packet `1` would do for the official clients, but is final for python-socketio's.
        What was sent before is given to the polls that come for it, none later than `close_timeout` after the one
        before it, for at most the `farewell_timeout`.
        """
        if self.ended:
            return
        if reason is not Reason.OUTBOX_FULL:
            if self._receiver is not None:
                self._receiver.flush()
            if self.polling is not None and not self.polling.empty:
                self._state, _ = step(self._state, Event.CUT_ASKED)
                self._await_poll(reason)
                return
        self._end(reason, None, code, text)

    def close(self, reason: Reason) -> None:
        """Ends the session from our side, behind what was sent."""
        if self.ended:
            return
        if self._receiver is not None:
            self._receiver.flush()
        self._state, action = step(self._state, Event.CLOSE_ASKED)
        if action is Action.FINISH:
            self._finish(reason, eio.CLOSE, CloseCode.NORMAL, "")
            return
        if self._polling is not None:
            self._polling.send([eio.CLOSE])
        self._await_poll(reason)

    def _await_poll(self, reason: Reason) -> None:
        """Gives the client a while to take its last packets, and longer while it does; nothing is added to them."""
        self._farewell_until = self.engine.time() + self.engine.config.farewell_timeout
        self._await_next_poll()
        self.engine.wheel.at(self._heartbeat.deadline, self.sid)
        self._tell_end(reason)

    def _await_next_poll(self) -> None:
        deadline = self.engine.time() + self.engine.config.close_timeout
        self._heartbeat.deadline = min(deadline, self._farewell_until)

    def on_taken(self) -> None:
        """Is told that a poll has taken packets, which may have been the last ones."""
        if self._state is not State.CLOSING or self._polling is None:
            return
        if self._polling.empty:
            self._end(Reason.TRANSPORT_CLOSE, eio.CLOSE)
        else:
            self._await_next_poll()

    def drain(self) -> Awaitable[None] | None:
        """See `Receiver.drain`."""
        return None if self._receiver is None else self._receiver.drain()

    def _end(
        self,
        reason: Reason,
        farewell: bytes | None,
        code: int = CloseCode.NORMAL,
        text: str = "",
    ) -> None:
        self._state, action = step(self._state, Event.LOST)
        if action is Action.FINISH:
            self._finish(reason, farewell, code, text)

    def _finish(self, reason: Reason, farewell: bytes | None, code: int, text: str) -> None:
        self.engine.forget(self, reason)
        if self._candidate is not None:
            self._candidate.websocket.close()
            self._candidate = None
        if self._polling is not None:
            if farewell is None:
                self._polling.abort()
            else:
                self._polling.release(farewell)
        websocket, self._websocket = self._websocket, None
        if websocket is not None:
            websocket.close(code, text)
        self._tell_end(reason)

    def _tell_end(self, reason: Reason) -> None:
        self.write = _discard
        receiver, self._receiver = self._receiver, None
        if receiver is not None:
            receiver.on_end(reason)

    # --- time

    def on_time(self, now: float) -> None:
        """Pings, or ends what has been silent for too long; the wheel calls it."""
        if self._state is State.CLOSED:
            return
        if self._state is State.CLOSING:
            if now >= self._heartbeat.deadline:
                self._end(Reason.TRANSPORT_CLOSE, eio.CLOSE)
            else:
                self.engine.wheel.at(self._heartbeat.deadline, self.sid)
            return
        beat = self._heartbeat.due(now, self.engine.config.ping_timeout)
        if beat is Beat.EXPIRED:
            self.lose(Reason.PING_TIMEOUT)
            return
        if beat is Beat.PING:
            if self._state is State.WEBSOCKET:
                self.write(_PING_FRAME)
            else:
                self.send([eio.PING])
        # Not later than an interval: the pong moves the deadline there, however long the timeout.
        next_visit = min(self._heartbeat.deadline, now + self.engine.config.ping_interval)
        self.engine.wheel.at(next_visit, self.sid)


def _discard(frames: bytes) -> None:
    """Takes the place of a writer that has ended."""
