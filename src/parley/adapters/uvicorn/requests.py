"""uvicorn's HTTP protocol, with an end to waiting for a request."""

from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from parley.socketio.deadlines import Deadlines

LATE: Final = b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"  # RFC 9110, 15.5.9


class BoundedHttp(HttpToolsProtocol):
    """Ends a connection whose request does not come.

    uvicorn's own protocol closes one that is idle between two requests, and takes that timer back at the next byte:
    what sends a byte now and then may keep it for ever. Time in which this side reads nothing is not counted.
    """

    def __init__(self, times: "Times", **made_with: Any) -> None:  # noqa: ANN401 - uvicorn's
        super().__init__(**made_with)
        self._times = times
        self._awaited: Deadlines[BoundedHttp] | None = None
        self._upgraded = False

    def connection_made(self, transport: Any) -> None:  # noqa: ANN401 - uvicorn narrows asyncio's type
        super().connection_made(transport)
        self._wait_for(self._times.heads)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._wait_for(None)

    def handle_websocket_upgrade(self) -> None:
        self._upgraded = True
        super().handle_websocket_upgrade()

    def head_late(self) -> None:
        """Says so to the client, and closes."""
        if not self._goes_on():
            self.transport.write(LATE)
            self.transport.close()

    def body_late(self) -> None:
        """Cuts the connection: an answer may have begun."""
        if not self._goes_on():
            self.transport.abort()

    def _goes_on(self) -> bool:
        """Whether it is this side that keeps the request from coming."""
        self._awaited = None
        if self.flow.read_paused:
            self._look()
            return True
        return False

    def _look(self) -> None:
        """Wait for what is missing after these bytes: nothing, the body of the request that is answered, or a head."""
        cycle: RequestResponseCycle | None = self.cycle  # None until the first head is there
        if self._upgraded or self.transport.is_closing():
            self._wait_for(None)
        elif cycle is None or cycle.response_complete:
            self._wait_for(self._times.heads)
        elif cycle.more_body:
            self._wait_for(self._times.bodies)
        else:
            self._wait_for(None)

    def _wait_for(self, deadlines: "Deadlines[BoundedHttp] | None") -> None:
        if deadlines is self._awaited:
            return
        if self._awaited is not None:
            self._awaited.end(self)
        if deadlines is not None:
            deadlines.begin(self)
        self._awaited = deadlines


class Times:
    """How long the head of a request may take to be whole, and its body after it; for all connections of a server."""

    def __init__(self, head_seconds: float, body_seconds: float) -> None:
        self.heads: Deadlines[BoundedHttp] = Deadlines(head_seconds, BoundedHttp.head_late)
        self.bodies: Deadlines[BoundedHttp] = Deadlines(body_seconds, BoundedHttp.body_late)
