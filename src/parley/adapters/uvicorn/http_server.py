"""uvicorn without its own ways with signals, sockets and logs: those are the bootstrap's."""

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable, Iterator, Sequence
from functools import partial
from typing import Final

import uvicorn

from parley.adapters.uvicorn.requests import BoundedHttp, Times

HEAD_SECONDS: Final = 10.0
BODY_SECONDS: Final = 60.0
ANSWER_SECONDS: Final = 60.0


def listen(host: str, port: int) -> socket.socket:
    """A bound TCP socket; `::` takes IPv4 as well.

    Raises:
        OSError: The address is in use, or not this machine's.
    """
    family, *_, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    dual = host == "::" and socket.has_dualstack_ipv6()
    return socket.create_server(address[:2], family=family, backlog=2048, dualstack_ipv6=dual)


class HttpServer:
    """Serves an ASGI application on a listening socket; an upgrade to WebSocket goes to `websocket`, past ASGI.

    `front` puts what sends upgrades there at once before the HTTP protocol. Without them nothing is upgraded. The head
    of a request must be whole so many seconds after its first byte, and its body so many after its head. Of
    an answer something must be read every so many seconds.
    """

    def __init__(
        self,
        app: Callable[..., Awaitable[None]],
        websocket: Callable[..., asyncio.Protocol] | None = None,
        front: Callable[[Callable[..., asyncio.Protocol]], Callable[..., asyncio.Protocol]]
        | None = None,
        *,
        access_log: bool = False,
        trusted_proxies: Sequence[str] = (),
        head_seconds: float = HEAD_SECONDS,
        body_seconds: float = BODY_SECONDS,
        answer_seconds: float = ANSWER_SECONDS,
    ) -> None:
        http = partial(BoundedHttp, Times(head_seconds, body_seconds, answer_seconds))
        self._server = _Server(
            uvicorn.Config(
                app,
                loop="none",
                # Called as classes are, so functions do.
                http=front(http) if front else http,  # type: ignore[arg-type]
                ws=websocket or "none",  # type: ignore[arg-type]
                lifespan="off",
                log_config=None,
                access_log=access_log,
                server_header=False,
                workers=1,
                forwarded_allow_ips=list(trusted_proxies),
            )
        )
        self._serving: asyncio.Task[None] | None = None

    async def start(self, listener: socket.socket) -> None:
        """Answer requests that come on the listener, those that wait there already included."""
        self._serving = asyncio.create_task(self._server.serve([listener]))
        while not self._server.started and not self._serving.done():  # noqa: ASYNC110  # uvicorn offers no event
            await asyncio.sleep(0)

    async def stop(self, within_seconds: float) -> None:
        """Accept nothing new, let what is being answered finish within this time, close."""
        # Handed on to asyncio, for which it need not be whole.
        self._server.config.timeout_graceful_shutdown = within_seconds  # type: ignore[assignment]
        self._server.should_exit = True
        if self._serving is not None:
            await self._serving


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone: uvicorn would die of the one that it was stopped by, and exit codes would say so."""
        yield
