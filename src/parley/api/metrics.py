"""`GET /metrics` beside the API: for whoever shows the token, and for nobody where there is none."""

import hmac
from collections.abc import Callable

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from msgspec import Struct

from parley.api.health import WHILE_DRAINING
from parley.api.requests import JsonRequest
from parley.model.errors import NotFound, Unauthenticated


class Readings(Struct, frozen=True, kw_only=True):
    """What is measured, as text of this type, and the token of those who may read it."""

    text: Callable[[], bytes]
    content_type: str
    token: str


def metrics(readings: Readings | None) -> HTTPRouteHandler:
    """`/metrics`, in Prometheus's format.

    Raises:
        NotFound: No token is set.
        Unauthenticated: The request does not show it.
    """

    @get(
        "/metrics",
        include_in_schema=False,
        sync_to_thread=False,
        opt={WHILE_DRAINING: True},
    )
    def read(request: JsonRequest) -> Response[bytes]:
        if readings is None:
            raise NotFound("Set PARLEY_METRICS_TOKEN, or PARLEY_METRICS_PORT, to read metrics.")
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        right = hmac.compare_digest(token.strip().encode(), readings.token.encode())
        if scheme.lower() != "bearer" or not right:
            raise Unauthenticated
        return Response(readings.text(), headers={"content-type": readings.content_type})

    return read
