"""HTTP long-polling as an ASGI application."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from parley.socketio.errors import Refusal
from parley.socketio.origins import preflight_headers
from parley.socketio.polling import PollAborted, Polling, PollOverlap
from parley.socketio.protocol import engine as eio
from parley.socketio.protocol.engine import Fault
from parley.socketio.protocol.errors import PacketError, PayloadTooLarge
from parley.socketio.reasons import Reason
from parley.socketio.request import Request

if TYPE_CHECKING:
    from parley.socketio.engine import Engine
    from parley.socketio.session import Session

Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]

_TEXT = "text/plain; charset=UTF-8"
_JSON = "application/json"


class PollingApp:
    """Answers the requests of `transport=polling`; mount it at the engine's path."""

    def __init__(self, engine: "Engine") -> None:
        self._engine = engine

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        """Answers one request; serves HTTP scopes only."""
        if scope["type"] != "http":
            raise ValueError(f"polling serves http, not {scope['type']}")
        exchange = _Exchange(self._engine, Request.from_scope(scope), receive, send)
        await exchange.run()


class _Exchange:
    """One request and its answer."""

    __slots__ = ("_engine", "_receive", "_request", "_send")

    def __init__(self, engine: "Engine", request: Request, receive: Receive, send: Send) -> None:
        self._engine = engine
        self._request = request
        self._receive = receive
        self._send = send

    async def run(self) -> None:
        request = self._request
        if request.method == "OPTIONS":
            await self._answer(204, extra=preflight_headers(request.headers))
            return
        found = self._engine.find(request, websocket=False)
        if found is None:
            await self._open()
        elif isinstance(found, Fault):
            await self._refuse(found)
        elif request.method == "GET":
            await self._poll(found)
        elif request.method == "POST":
            await self._post(found)
        else:
            await self._refuse(Fault.BAD_REQUEST)

    async def _open(self) -> None:
        answer = self._engine.ask(self._request)
        refusal = answer if isinstance(answer, Refusal | None) else await answer
        if refusal is not None:
            await self._answer(refusal.status, refusal.body, refusal.content_type, refusal.headers)
            return
        session = self._engine.create(self._request)
        await self._give(session, session.open_polling())

    async def _poll(self, session: "Session") -> None:
        polling = session.polling
        if polling is None:
            await self._refuse(Fault.BAD_REQUEST)
            return
        if polling.waiting:
            session.lose(Reason.TRANSPORT_ERROR)
            await self._refuse(Fault.BAD_REQUEST)
            return
        session.on_polled()
        await self._give(session, polling)

    async def _give(self, session: "Session", polling: Polling) -> None:
        """Answers with the packets that are there, or else with the next ones."""
        watch = None
        if polling.empty:
            watch = asyncio.ensure_future(self._watch(session))
        try:
            packets = await polling.poll()
        except PollOverlap:
            session.lose(Reason.TRANSPORT_ERROR)
            await self._refuse(Fault.BAD_REQUEST)
            return
        except PollAborted:
            await self._refuse(Fault.UNKNOWN_SESSION)
            return
        finally:
            if watch is not None:
                watch.cancel()
        session.on_taken()
        await self._answer(200, eio.encode_payload(packets), _TEXT)

    async def _watch(self, session: "Session") -> None:
        """Ends a session whose client drops the poll that it waits for."""
        while (await self._receive())["type"] != "http.disconnect":
            pass
        session.lose(Reason.TRANSPORT_CLOSE)

    async def _post(self, session: "Session") -> None:
        polling = session.polling
        if polling is None or polling.posting:
            session.lose(Reason.TRANSPORT_ERROR)
            await self._refuse(Fault.BAD_REQUEST)
            return
        polling.posting = True
        try:
            body = await self._read_body()
            if body is None:
                session.lose(Reason.TRANSPORT_CLOSE)
                return
            for packet in eio.decode_payload(body, self._engine.config.max_packets_per_request):
                session.receive(packet)
        except PayloadTooLarge:
            await self._answer(413, extra=(("Connection", "close"),))
        except PacketError:
            session.lose(Reason.PARSE_ERROR)
            await self._refuse(Fault.BAD_REQUEST)
        else:
            await self._answer(200, b"ok", "text/html")
        finally:
            polling.posting = False

    async def _read_body(self) -> bytes | None:
        """Returns the body, None if the client dropped it; raises PayloadTooLarge while reading."""
        limit = self._engine.config.max_payload
        declared = self._request.headers.get("content-length", "0")
        if declared.isdecimal() and int(declared) > limit:
            raise PayloadTooLarge
        parts: list[bytes] = []
        size = 0
        more = True
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                return None
            part = message.get("body", b"")
            size += len(part)
            if size > limit:
                raise PayloadTooLarge
            parts.append(part)
            more = message.get("more_body", False)
        return b"".join(parts)

    async def _refuse(self, fault: Fault) -> None:
        await self._answer(fault.status, fault.body, _JSON)

    async def _answer(
        self,
        status: int,
        body: bytes = b"",
        content_type: str = _TEXT,
        extra: Iterable[tuple[str, str]] = (),
    ) -> None:
        headers = [
            (b"content-type", content_type.encode()),
            (b"content-length", b"%d" % len(body)),
            (b"cache-control", b"no-store"),
        ]
        for name, value in (*self._engine.headers(self._request), *extra):
            headers.append((name.lower().encode("latin-1"), value.encode("latin-1")))
        await self._send({"type": "http.response.start", "status": status, "headers": headers})
        await self._send({"type": "http.response.body", "body": body})
