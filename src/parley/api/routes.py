"""How a route is declared: the same way in every module, so that none forgets its door or its refusals."""

from collections.abc import Mapping
from inspect import getdoc
from types import MappingProxyType
from typing import Any, Literal

from litestar.enums import MediaType
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.types import AsyncAnyCallable

from parley.api.authentication import Doorkeeper
from parley.api.documentation import Described
from parley.api.errors import documented
from parley.model.errors import Kind

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]

ASKED = (
    Kind.INVALID,
    Kind.UNAUTHENTICATED,
    Kind.NOT_FOUND,
    Kind.RATE_LIMITED,
    Kind.UNAVAILABLE,
)
"""What may become of a question."""

INSIDE = (*ASKED, Kind.FORBIDDEN)
"""What may become of a question about a conversation: of a room one is told that one is not in it."""

OPEN = (Kind.INVALID, Kind.TOO_LARGE, Kind.RATE_LIMITED, Kind.UNAVAILABLE)
"""What may become of what anybody may ask for; each adds what is its own."""

TOLD = (*ASKED, Kind.FORBIDDEN, Kind.CONFLICT, Kind.TOO_LARGE)
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
    besides: Mapping[int, ResponseSpec] = MappingProxyType({}),
    media_type: str = MediaType.JSON,
) -> HTTPRouteHandler:
    """A route; `door` stands before it, and nobody where it is None.

    `status` and `media_type` are those of success, `besides` is what else may be answered. The handler's docstring
    describes it to clients.
    """
    public: dict[str, Any] = {} if door is not None else {"security": [{}]}
    return HTTPRouteHandler(
        path,
        http_method=method,
        status_code=status,
        media_type=media_type,
        before_request=door,
        tags=[tag],
        responses={**besides, **documented(*refusals)},
        operation_class=Described,
        operation_id=f"{tag}_{handler.__name__}",
        summary=handler.__name__.replace("_", " ").capitalize(),
        description=getdoc(handler),
        **public,
    )(handler)
