"""What the REST door counts: requests by method, route and status, and how long they took."""

import time
from collections.abc import Awaitable, Callable

from litestar.types import Message, Receive, Scope, Send

from parley.ports.measures import SECONDS, Histogram

App = Callable[[Scope, Receive, Send], Awaitable[None]]

NO_ROUTE = "none"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Tally:
    """Since the process began. Routes are templates, and methods those that there are: no label can grow."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self.requests: dict[tuple[str, str, int], Histogram] = {}

    def before(self, app: App) -> App:
        """The application, its answers counted; one that never began has the status 0."""

        async def counted(scope: Scope, receive: Receive, send: Send) -> None:
            began = self._monotonic()
            status = 0

            async def sending(message: Message) -> None:
                nonlocal status
                if message["type"] == "http.response.start":
                    status = message["status"]
                await send(message)

            try:
                await app(scope, receive, sending)
            finally:
                self._count(scope, status, self._monotonic() - began)

        return counted

    def _count(self, scope: Scope, status: int, seconds: float) -> None:
        method = str(scope.get("method", ""))
        route = str(scope.get("path_template") or NO_ROUTE)
        key = (method if method in METHODS else "other", route, status)
        histogram = self.requests.get(key)
        if histogram is None:
            histogram = self.requests[key] = Histogram(SECONDS)
        histogram.observe(seconds)
