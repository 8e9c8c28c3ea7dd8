"""Connections between devices and a server: bytes in their order, late by a latency, until somebody cuts them."""

import asyncio
import contextvars
from collections.abc import Callable
from random import Random
from typing import Any

from parley.socketio.server import Server
from tests.simulation.loop import Process, SimulatedLoop

SLOW_SHARE = 0.07
KERNEL_BYTES = 300
"""So much of what is written to a device that does not read is taken all the same."""

_NOBODY = contextvars.Context()
"""What is under way on the wire is nobody's: it goes on when a process dies."""


class Latency:
    """A way's delays: mostly short, with a tail; what is sent later never arrives earlier."""

    def __init__(self, loop: SimulatedLoop, random: Random) -> None:
        self._loop = loop
        self._random = random
        self._last = 0.0

    def arrival(self) -> float:
        """When what is sent now is there."""
        random = self._random
        seconds = random.uniform(0.0003, 0.0025)
        if random.random() < SLOW_SHARE:
            seconds *= random.uniform(1, 40)
        self._last = max(self._last + 1e-9, self._loop.time() + seconds)
        return self._last


class Wire(asyncio.Transport):
    """The server's end of a connection.

    Of a device that does not read, the kernel takes `KERNEL_BYTES`; the rest waits here, and goes with the process.
    """

    def __init__(self, loop: SimulatedLoop, server: Process, random: Random) -> None:
        super().__init__()
        self.protocol: Any = None
        self.on_bytes: Callable[[bytes], None] = lambda _data: None
        self.on_end: Callable[[], None] = lambda: None
        self._loop = loop
        self._server = server
        self._there = Latency(loop, random)
        self._back = Latency(loop, random)
        self._ended = False
        self._lost = False
        self._stalled = False
        self._waiting = bytearray()
        self._full = False
        self._reading = True
        self._unread: list[bytes] = []
        self.drained = False
        """Whether the server ended it itself, having been told to stop."""

    # --- what the server does ------------------------------------------------------------------------------------

    def write(self, data: Any) -> None:
        if self._ended:
            return
        if not self._stalled:
            self._send_back(bytes(data))
            return
        self._waiting += data
        if not self._full and self.get_write_buffer_size():
            self._full = True
            self.protocol.pause_writing()

    def get_write_buffer_size(self) -> int:
        return max(0, len(self._waiting) - KERNEL_BYTES)

    def close(self) -> None:
        if not self._ended:
            self._ended = True
            self.drained = self._server.stopping
            if not self._waiting:
                self._finish()

    def abort(self) -> None:
        self.close()
        if self._waiting:
            self._flush(KERNEL_BYTES)
            self._finish()

    def is_closing(self) -> bool:
        return self._ended

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return ("127.0.0.1", 50_000) if name == "peername" else default

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        pass

    def pause_reading(self) -> None:
        self._reading = False

    def resume_reading(self) -> None:
        self._reading = True
        self._loop.call_soon(self._feed, b"", context=self._server.context)

    # --- what the device and the network do ----------------------------------------------------------------------

    def send(self, data: bytes) -> None:
        """Bytes on their way to the server."""
        self._loop.call_at(self._there.arrival(), self._receive, data, context=_NOBODY)

    def stall(self, seconds: float) -> None:
        """The device reads nothing for so long."""
        if not self._stalled:
            self._stalled = True
            self._loop.call_later(seconds, self._go_on, context=_NOBODY)

    def cut(self) -> None:
        """Neither end hears more of the other; the server learns of it a little later."""
        self.on_bytes = lambda _data: None
        self.on_end = lambda: None
        self._waiting.clear()
        if not self._ended:
            self._loop.call_at(self._there.arrival(), self._lose_there, context=_NOBODY)

    def server_died(self) -> None:
        """The kernel ends the connection; what was written before is still on its way."""
        if not self._ended or self._waiting:
            self._ended = True
            self._flush(KERNEL_BYTES)
            self._loop.call_at(self._back.arrival(), self._end, context=_NOBODY)

    def _go_on(self) -> None:
        self._stalled = False
        there = bool(self._waiting)
        self._flush(len(self._waiting))
        if self._ended and there:
            self._finish()
        elif self._full:
            self._full = False
            self._loop.call_soon(self._resume_writing, context=self._server.context)

    def _resume_writing(self) -> None:
        if not self._lost:
            self.protocol.resume_writing()

    def _flush(self, size: int) -> None:
        data = bytes(self._waiting[:size])
        self._waiting.clear()
        if data:
            self._send_back(data)

    def _send_back(self, data: bytes) -> None:
        self._loop.call_at(self._back.arrival(), self._deliver, data, context=_NOBODY)

    def _finish(self) -> None:
        """The end, behind all that was written."""
        self._loop.call_at(self._back.arrival(), self._end, context=_NOBODY)
        self._loop.call_soon(self._lose, context=self._server.context)

    def _deliver(self, data: bytes) -> None:
        self.on_bytes(data)

    def _end(self) -> None:
        self.on_end()

    def _receive(self, data: bytes) -> None:
        if not self._ended:
            self._loop.call_soon(self._feed, data, context=self._server.context)

    def _feed(self, data: bytes) -> None:
        if data:
            self._unread.append(data)
        while self._unread and self._reading and not self._lost and not self._ended:
            self.protocol.data_received(self._unread.pop(0))

    def _lose_there(self) -> None:
        self._loop.call_soon(self._lose, context=self._server.context)

    def _lose(self) -> None:
        if not self._lost:
            self._lost = True
            self.protocol.connection_lost(None)


class _State:
    """What the HTTP server hands to a protocol beside its settings."""

    def __init__(self) -> None:
        self.connections: set[Any] = set()


def open_wire(loop: SimulatedLoop, process: Process, server: Server, random: Random) -> Wire:
    """A connection that the server has just accepted."""
    wire = Wire(loop, process, random)

    def accept() -> None:
        wire.protocol = server.websocket_protocol(
            config=None, server_state=_State(), app_state=None
        )
        wire.protocol.connection_made(wire)

    process.run(accept)
    return wire
