"""What the REST API offers, for programs (`/openapi.json`) and for people (`/docs`)."""

from dataclasses import dataclass

import msgspec
from litestar import Response, Router, get
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.spec import (
    Components,
    OpenAPIMediaType,
    OpenAPIResponse,
    Operation,
    RequestBody,
    Schema,
    SecurityScheme,
)
from litestar.openapi.spec.enums import OpenAPIType

from parley.api.documentation_page import POLICY, DocumentationPage
from parley.api.requests import JsonRequest

BAD_REQUEST = "400"
NO_CONTENT = "204"

ABOUT = """Everything is JSON in snake_case; times are RFC 3339 in UTC with milliseconds. Lists come in pages
`{items, next}`: name `next` as `cursor` for the following one. Every refusal is `{"error": {code, message, details}}`,
and every answer has an `X-Request-ID`. What happens while you are connected comes by Socket.IO."""


@dataclass
class Described(Operation):
    """An operation as it is here.

    Only where there is a body can one be no JSON, and it may be left out where null will do. 204 brings nothing.
    """

    def __post_init__(self) -> None:
        responses = self.responses or {}
        if isinstance(self.request_body, RequestBody):
            self.request_body.required = not any(map(_nullable, self.request_body.content.values()))
        else:
            responses.pop(BAD_REQUEST, None)
        nothing = responses.get(NO_CONTENT)
        if isinstance(nothing, OpenAPIResponse):
            nothing.content = None


def _nullable(body: OpenAPIMediaType) -> bool:
    kinds = body.schema.one_of if isinstance(body.schema, Schema) else None
    return any(isinstance(kind, Schema) and kind.type == OpenAPIType.NULL for kind in kinds or ())


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
