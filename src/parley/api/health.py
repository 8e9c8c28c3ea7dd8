"""Is it alive, and is it ready: for those who start, watch and balance servers. And what is asked of one that stops."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from litestar import Response, get
from litestar.connection import ASGIConnection
from litestar.handlers import HTTPRouteHandler
from litestar.handlers.base import BaseRouteHandler

from parley.model.errors import Draining

WHILE_DRAINING: Final = "while_draining"
"""The option of a route that is answered until the end."""

AnyConnection = ASGIConnection[Any, Any, Any, Any]


def open_until(
    draining: Callable[[], bool],
) -> Callable[[AnyConnection, BaseRouteHandler], Awaitable[None]]:
    """Stands before every route: once `draining` says so nothing new is begun. What is under way gets its answer."""

    async def check(_connection: AnyConnection, handler: BaseRouteHandler) -> None:
        if draining() and not handler.opt.get(WHILE_DRAINING):
            raise Draining

    return check


@get("/healthz", include_in_schema=False, sync_to_thread=False, opt={WHILE_DRAINING: True})
def alive() -> dict[str, str]:
    """The process runs and answers."""
    return {"status": "ok"}


def ready(not_ready: Callable[[], str | None]) -> HTTPRouteHandler:
    """`/readyz`: 200 while `not_ready` gives no reason against it, else 503 with the reason."""

    @get("/readyz", include_in_schema=False, sync_to_thread=False, opt={WHILE_DRAINING: True})
    def readiness() -> Response[dict[str, str]]:
        reason = not_ready()
        return Response({"status": reason or "ok"}, status_code=503 if reason else 200)

    return readiness
