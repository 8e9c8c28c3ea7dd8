"""A WebSocket that asks to take a session over from polling."""

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

    __slots__ = ("probed", "session", "settled", "websocket")

    def __init__(self, session: "Session", websocket: WebSocket) -> None:
        self.session = session
        self.websocket = websocket
        self.probed = False
        self.settled = False

    def fits(self, event: Event) -> bool:
        """Whether the event comes in its order: the probe first."""
        return self.probed or event is Event.PROBE

    def on_text(self, message: bytes) -> None:
        self.session.on_candidate_packet(self, message)

    def on_binary(self, message: bytes) -> None:
        self.websocket.close(CloseCode.UNSUPPORTED_DATA)

    def on_writer(self, write: Callable[[bytes], None]) -> None:
        """Writes by the WebSocket itself; there is too little for more."""

    def on_lost(self, reason: Reason) -> None:
        self.settled = True
        self.session.on_candidate_lost()

    def on_time(self, now: float) -> None:
        if not self.settled:
            self.websocket.close(CloseCode.POLICY_VIOLATION)
