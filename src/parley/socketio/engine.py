"""The Engine.IO server: sessions by id, handshakes, refusals; usable without Socket.IO."""

import asyncio
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from inspect import isawaitable
from typing import Any

from parley.socketio.asgi import PollingApp
from parley.socketio.config import Config
from parley.socketio.errors import Refusal
from parley.socketio.logs import log
from parley.socketio.origins import cors_headers, origin_allowed
from parley.socketio.protocol import engine as eio
from parley.socketio.protocol.engine import Fault
from parley.socketio.reasons import Reason
from parley.socketio.receiver import Receiver
from parley.socketio.request import Request
from parley.socketio.session import Session
from parley.socketio.websocket import WebSocket
from parley.socketio.wheel import Wheel

Admit = Callable[[Request], Refusal | Awaitable[Refusal | None] | None]

_DRAINING = Refusal(503, b'{"message":"Server is shutting down"}', (("Retry-After", "1"),))
_CROWDED = Refusal(503, b'{"message":"Too many are connecting"}', (("Retry-After", "5"),))
_LATE = Refusal(503, b'{"message":"Handshake took too long"}', (("Retry-After", "1"),))


class Engine:
    """Opens sessions over both transports and keeps their time.

    `asgi` answers polling; as an `Endpoint` it takes WebSockets. `admit` is asked before each new
    session, and its `Refusal` is the HTTP answer. `opened` and `ended` count sessions, the latter
    by reason, since the start.
    """

    def __init__(self, config: Config, receive: Callable[[Session], Receiver]) -> None:
        """Has `receive` called for each new session, to return what its messages are for."""
        self.config = config
        self.receive = receive
        self.sessions: dict[str, Session] = {}
        self.admit: Admit | None = None
        self.draining = False
        self.idle = 0
        """Sessions of which whoever receives says that nothing is done with them."""
        self.opened = 0
        self.ended: Counter[Reason] = Counter()
        self.asgi = PollingApp(self)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wheel: Wheel[str] | None = None
        self._empty: asyncio.Event | None = None
        self._tasks: set[asyncio.Task[Any]] = set()

    # --- time

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop that serves, which is the one running at the first use."""
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
        return self._loop

    @property
    def wheel(self) -> Wheel[str]:
        """When to look at which session, by id: heartbeats, and what waits for a last poll."""
        if self._wheel is None:
            self._wheel = self.new_wheel(self._on_time)
        return self._wheel

    def new_wheel(self, visit: Callable[[str, float], None]) -> Wheel[str]:
        """Returns a wheel for ids, in steps of a hundredth of a ping interval, 1 to 50 ms."""
        step = min(0.05, max(0.001, self.config.ping_interval / 100))
        return Wheel(self.loop.time, self.loop.call_at, step, visit)

    def _on_time(self, sid: str, now: float) -> None:
        session = self.sessions.get(sid)
        if session is not None:
            session.on_time(now)

    def time(self) -> float:
        """The loop's clock, in seconds."""
        return self.loop.time()

    def call_soon(self, call: Callable[[], object]) -> None:
        """Calls at the end of the tick."""
        (self._loop or self.loop).call_soon(call)

    def spawn(self, work: Awaitable[Any]) -> None:
        """Runs `work` in a task that is kept until it is done; what it raises is logged."""
        task = _start(_guarded(work), self.loop)
        if not task.done():
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    # --- requests

    def find(self, request: Request, websocket: bool) -> Session | Fault | None:
        """Returns the session that a request names, None where it wants a new one, or its fault."""
        query = request.query
        transport = query.get("transport")
        if transport not in {"polling", "websocket"}:
            return Fault.UNKNOWN_TRANSPORT
        sid = query.get("sid")
        if sid is None:
            return self._check_new(request, query, websocket)
        session = self.sessions.get(sid)
        if session is None:
            return Fault.UNKNOWN_SESSION
        fits = websocket is (transport == "websocket") and query.get("EIO") == eio.PROTOCOL_VERSION
        if not fits or (not websocket and session.polling is None):
            return Fault.BAD_REQUEST
        return session

    def _check_new(self, request: Request, query: dict[str, str], websocket: bool) -> Fault | None:
        if request.method != "GET":
            return Fault.BAD_METHOD
        if websocket is not (query["transport"] == "websocket"):
            return Fault.BAD_REQUEST
        if query.get("EIO") != eio.PROTOCOL_VERSION:
            return Fault.UNSUPPORTED_VERSION
        return None if origin_allowed(self.config, request.headers) else Fault.FORBIDDEN

    def ask(self, request: Request) -> Refusal | Awaitable[Refusal | None] | None:
        """Asks whether a new session may be opened; the answer may have to be awaited."""
        if self.draining:
            return _DRAINING
        if self.idle >= self.config.max_idle:
            return _CROWDED
        if self.admit is None:
            return None
        try:
            answer = self.admit(request)
        except Exception:
            log.exception("admit failed")
            return Refusal(500)
        return self._wait(answer) if isawaitable(answer) else answer

    async def _wait(self, answer: Awaitable[Refusal | None]) -> Refusal | None:
        try:
            async with asyncio.timeout(self.config.handshake_timeout):
                refusal = await answer
        except TimeoutError:
            return _LATE
        except Exception:
            log.exception("admit failed")
            return Refusal(500)
        return _DRAINING if self.draining else refusal

    def headers(self, request: Request) -> list[tuple[str, str]]:
        """Returns the headers that each HTTP answer to this request carries."""
        return [*cors_headers(self.config, request.headers), *self.config.response_headers]

    def refusal(self, fault: Fault) -> tuple[int, bytes]:
        """Returns the status and body of the answer to a faulty request."""
        return fault.status, fault.body

    # --- WebSocket

    def on_upgrade(self, websocket: WebSocket, request: Request) -> None:
        found = self.find(request, websocket=True)
        if isinstance(found, Session):
            found.offer(websocket)
        elif found is not None:
            websocket.refuse(*self.refusal(found), headers=self.headers(request))
        else:
            answer = self.ask(request)
            if isinstance(answer, Refusal | None):
                self._answer_upgrade(websocket, request, answer)
            else:
                self.spawn(self._answer_later(websocket, request, answer))

    async def _answer_later(
        self, websocket: WebSocket, request: Request, answer: Awaitable[Refusal | None]
    ) -> None:
        self._answer_upgrade(websocket, request, await answer)

    def _answer_upgrade(
        self, websocket: WebSocket, request: Request, refusal: Refusal | None
    ) -> None:
        if refusal is not None:
            headers = [*self.headers(request), *refusal.headers]
            websocket.refuse(refusal.status, refusal.body, refusal.content_type, headers)
            return
        session = self.create(request)
        websocket.accept(session, self.config.response_headers, session.greeting())
        if not session.ended:
            session.open_websocket(websocket)

    # --- sessions

    def create(self, request: Request) -> Session:
        """Returns a new session, known by its id and watched by the wheel."""
        request.compact()
        now = self.time()
        session = Session(self, self.config.new_id(), request, now)
        self.sessions[session.sid] = session
        self.opened += 1
        self.wheel.at(now + self.config.ping_interval, session.sid)
        return session

    def forget(self, session: Session, reason: Reason) -> None:
        """Takes a session out that has ended."""
        self.sessions.pop(session.sid, None)
        self.ended[reason] += 1
        if self._empty is not None and not self.sessions:
            self._empty.set()

    async def wait_empty(self, timeout: float) -> None:  # noqa: ASYNC109 - a limit, not an error
        """Returns when no session is left, or after `timeout` seconds."""
        self._empty = asyncio.Event()
        if self.sessions and timeout > 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(timeout):
                    await self._empty.wait()


def _start(work: Coroutine[Any, Any, None], loop: asyncio.AbstractEventLoop) -> asyncio.Task[None]:
    # What needs no waiting is done when this returns, without a turn of the loop: 1.6 us
    # instead of 6.7. Python 3.11 has no such tasks.
    if sys.version_info >= (3, 12):
        task = asyncio.Task(work, loop=loop, eager_start=True)
    else:
        task = loop.create_task(work)
    return task


async def _guarded(work: Awaitable[Any]) -> None:
    try:
        await work
    except Exception:
        log.exception("a handler failed")
