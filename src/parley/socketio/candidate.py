"""A WebSocket that asks to take a session over from polling."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from parley.socketio.protocol.frames import CloseCode
from parley.socketio.protocol.session import Event
from parley.socketio.reasons import Reason
from parley.socketio.websocket import WebSocket

if TYPE_CHECKING:
    from parley.socketio.session import Session


class Candidate:
    """A WebSocket that asks to take a session over from polling."""

    __slots__ = ("_timer", "probed", "session", "websocket")

    def __init__(self, session: "Session", websocket: WebSocket) -> None:
        self.session = session
        self.websocket = websocket
        self.probed = False
        self._timer: asyncio.TimerHandle | None = None

    def expire_in(self, seconds: float, loop: asyncio.AbstractEventLoop) -> None:
        """Gives the client so long for its half of the upgrade."""
        self._timer = loop.call_later(seconds, self.websocket.close, CloseCode.POLICY_VIOLATION)

    def settle(self) -> None:
        """Takes the time limit back."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def fits(self, event: Event) -> bool:
        """Whether the event comes in its order: the probe first."""
        return self.probed or event is Event.PROBE

    def on_text(self, message: bytes) -> None:
        self.session.on_candidate_packet(self, message)

    def on_binary(self, message: bytes) -> None:
        self.websocket.close(CloseCode.UNSUPPORTED_DATA)

    def on_writer(self, write: Callable[[bytes], None], descriptor: int) -> None:
        """Writes by the WebSocket itself; there is too little for more."""

    def on_lost(self, reason: Reason) -> None:
        self.settle()
        self.session.on_candidate_lost()
