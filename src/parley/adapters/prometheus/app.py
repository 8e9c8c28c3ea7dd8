"""`GET /metrics` on a port of its own, and nothing else."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from parley.adapters.prometheus.exposition import CONTENT_TYPE, Exposition

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

TEXT: Final = "text/plain; charset=utf-8"
PATH: Final = "/metrics"


def metrics_app(exposition: Exposition) -> Callable[[Message, Receive, Send], Awaitable[None]]:
    """An ASGI application."""

    async def app(scope: Message, _receive: Receive, send: Send) -> None:
        if scope["path"] != PATH:
            await _answer(send, 404, TEXT, b"Only /metrics is here.\n")
        elif scope["method"] not in {"GET", "HEAD"}:
            await _answer(send, 405, TEXT, b"This can only be read.\n")
        else:
            await _answer(send, 200, CONTENT_TYPE, exposition.text())

    return app


async def _answer(send: Send, status: int, kind: str, body: bytes) -> None:
    headers = [(b"content-type", kind.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
