"""What the REST door counts: requests by method, route and status, and how long they took."""

import time
from collections.abc import Awaitable, Callable

from litestar.types import Message, Receive, Scope, Send

from parley.ports.measures import SECONDS, Histogram

App = Callable[[Scope, Receive, Send], Awaitable[None]]

NO_ROUTE = "none"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Tally:
    """Stands before the application. Routes are templates, and methods those that there are: no label can grow."""

    def __init__(self, app: App, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._app = app
        self._monotonic = monotonic
        self.requests: dict[tuple[str, str, int], Histogram] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and count its answer."""
        began = self._monotonic()
        status = 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, sending)
        finally:
            self._count(scope, status, self._monotonic() - began)

    def _count(self, scope: Scope, status: int, seconds: float) -> None:
        method = str(scope.get("method", ""))
        route = str(scope.get("path_template") or NO_ROUTE)
        key = (method if method in METHODS else "other", route, status)
        histogram = self.requests.get(key)
        if histogram is None:
            histogram = self.requests[key] = Histogram(SECONDS)
        histogram.observe(seconds)
