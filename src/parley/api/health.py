"""Is it alive, and is it ready: for those who start, watch and balance servers."""

from collections.abc import Callable

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler


@get("/healthz", include_in_schema=False, sync_to_thread=False)
def alive() -> dict[str, str]:
    """The process runs and answers."""
    return {"status": "ok"}


def ready(not_ready: Callable[[], str | None]) -> HTTPRouteHandler:
    """`/readyz`: 200 while `not_ready` gives no reason against it, else 503 with the reason."""

    @get("/readyz", include_in_schema=False, sync_to_thread=False)
    def readiness() -> Response[dict[str, str]]:
        reason = not_ready()
        return Response({"status": reason or "ok"}, status_code=503 if reason else 200)

    return readiness
