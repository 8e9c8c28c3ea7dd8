"""What the REST API offers, for programs (`/openapi.json`) and for people (`/docs`)."""

from dataclasses import dataclass

import msgspec
from litestar import Response, Router, get
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.spec import Components, Operation, SecurityScheme

from parley.api.documentation_page import POLICY, DocumentationPage
from parley.api.requests import JsonRequest

BAD_REQUEST = "400"

ABOUT = """Everything is JSON in snake_case; times are RFC 3339 in UTC with milliseconds. Lists come in pages
`{items, next}`: name `next` as `cursor` for the following one. Every refusal is `{"error": {code, message, details}}`,
and every answer has an `X-Request-ID`. What happens while you are connected comes by Socket.IO."""


@dataclass
class Described(Operation):
    """An operation whose refusals are as they are here: only where there is a body can one be no JSON."""

    def __post_init__(self) -> None:
        if self.request_body is None and self.responses is not None:
            self.responses.pop(BAD_REQUEST, None)


def description(version: str) -> OpenAPIConfig:
    """How the API is described, and its page for people."""
    bearer = SecurityScheme(type="http", scheme="bearer", bearer_format="JWT")
    return OpenAPIConfig(
        title="Parley",
        version=version,
        description=ABOUT,
        components=Components(security_schemes={"bearer": bearer}),
        security=[{"bearer": []}],
        openapi_router=Router(
            "/docs",
            route_handlers=[],
            include_in_schema=False,
            response_headers={"Content-Security-Policy": POLICY},
        ),
        render_plugins=[DocumentationPage()],
    )


@get("/openapi.json", include_in_schema=False, sync_to_thread=False)
def openapi(request: JsonRequest) -> Response[bytes]:
    """The OpenAPI 3.1 document."""
    document = request.app.openapi_schema.to_schema()
    return Response(msgspec.json.encode(document), media_type="application/json")
