"""How a route is declared: the same way in every module, so that none forgets its door or its refusals."""

from typing import Any, Literal

from litestar.handlers import HTTPRouteHandler
from litestar.types import AsyncAnyCallable

from parley.api.authentication import Doorkeeper
from parley.api.errors import documented
from parley.model.errors import Kind

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]

ASKED = (Kind.INVALID, Kind.UNAUTHENTICATED, Kind.NOT_FOUND, Kind.UNAVAILABLE)
"""What may become of a question."""

TOLD = (*ASKED, Kind.FORBIDDEN, Kind.CONFLICT, Kind.TOO_LARGE, Kind.RATE_LIMITED)
"""What may become of a command."""


def route(
    method: Method,
    path: str,
    handler: AsyncAnyCallable,
    *,
    tag: str,
    door: Doorkeeper | None,
    refusals: tuple[Kind, ...],
    status: int = 200,
) -> HTTPRouteHandler:
    """A route; `door` stands before it, and nobody where it is None. `status` is that of success."""
    public: dict[str, Any] = {} if door is not None else {"security": []}
    return HTTPRouteHandler(
        path,
        http_method=method,
        status_code=status,
        before_request=door,
        tags=[tag],
        responses=documented(*refusals),
        **public,
    )(handler)
