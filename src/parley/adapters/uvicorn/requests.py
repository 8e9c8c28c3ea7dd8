"""uvicorn's HTTP protocol, with an end to waiting for a request and for an answer to be read, and a bound on heads."""

from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from parley.socketio.deadlines import Deadlines

MOST_HEAD_BYTES: Final = 65_536
"""Of a head whose end has not come; browsers and proxies send a few thousand.

One that is there whole at one reading of the connection is not measured.
"""

# RFC 6585, section 5; RFC 9110, section 15.5.9
TOO_LARGE: Final = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"content-length: 0\r\nconnection: close\r\n\r\n"
)
LATE: Final = b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class BoundedHttp(HttpToolsProtocol):
    """Ends a connection whose request does not come, or has no end, and one that takes nothing of its answer.

    uvicorn's own protocol closes one that is idle between two requests, and takes that timer back at the next byte:
    what sends a byte now and then may keep it for ever. Time in which this side reads nothing is not counted. What was
    not read of an answer it keeps without an end too, even of a connection that it has closed.

    Nor does it bound what it keeps of a head: 150 MB of short headers became 1.6 GB. A body's trailers are as a head.
    """

    def __init__(self, times: "Times", **made_with: Any) -> None:  # noqa: ANN401 - uvicorn's
        super().__init__(**made_with)
        self._times = times
        self._awaited: Deadlines[BoundedHttp] | None = None
        self._upgraded = False
        self._unfinished = 0
        self._unread = 0

    def connection_made(self, transport: Any) -> None:  # noqa: ANN401 - uvicorn narrows asyncio's type
        super().connection_made(transport)
        self._wait_for(self._times.heads)

    def data_received(self, data: bytes) -> None:
        # How much came since the parser last had something whole: a part of a body, or the end of a request.
        self._unfinished += len(data)
        super().data_received(data)
        if self._unfinished > MOST_HEAD_BYTES and not (
            self._upgraded or self.transport.is_closing()
        ):
            self._refuse(TOO_LARGE)
        self._look()

    def on_message_begin(self) -> None:
        self._unfinished = 0
        super().on_message_begin()

    def on_body(self, body: bytes) -> None:
        self._unfinished = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._unfinished = 0
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._wait_for(None)
        self._times.answers.end(self)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._watch()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._watch()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._watch()

    def handle_websocket_upgrade(self) -> None:
        self._upgraded = True
        self._times.answers.end(self)  # whoever takes over looks to that
        super().handle_websocket_upgrade()

    def head_late(self) -> None:
        """Says so to the client, and closes."""
        if not self._goes_on():
            self._refuse(LATE)

    def body_late(self) -> None:
        """Cuts the connection: an answer may have begun."""
        if not self._goes_on():
            self.transport.abort()

    def _refuse(self, answer: bytes) -> None:
        """Answers and closes; only cuts where another answer may have begun."""
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is None or cycle.response_complete:
            self.transport.write(answer)
            self.transport.close()
        else:
            self.transport.abort()

    def answer_unread(self) -> None:
        """Cuts the connection, unless some of the answer was read since the last look."""
        before = self._unread
        self._watch()
        if self._unread >= before > 0:
            self.transport.abort()

    def _watch(self) -> None:
        """See that what waits to be read becomes less."""
        self._times.answers.end(self)
        self._unread = self.transport.get_write_buffer_size()
        if self._unread:
            self._times.answers.begin(self)

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
    """How long the head of a request may take to be whole, its body after it, and how long its answer lie unread.

    For all connections of a server.
    """

    def __init__(self, head_seconds: float, body_seconds: float, answer_seconds: float) -> None:
        self.heads: Deadlines[BoundedHttp] = Deadlines(head_seconds, BoundedHttp.head_late)
        self.bodies: Deadlines[BoundedHttp] = Deadlines(body_seconds, BoundedHttp.body_late)
        self.answers: Deadlines[BoundedHttp] = Deadlines(answer_seconds, BoundedHttp.answer_unread)
