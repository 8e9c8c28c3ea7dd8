"""Every refusal in one format; kind to HTTP status in one table."""

import logging
from collections.abc import Mapping

from litestar import Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.openapi.datastructures import ResponseSpec
from litestar.types import ExceptionHandlersMap
from msgspec import Struct
from structlog.contextvars import bound_contextvars

from parley.api.request_ids import request_id
from parley.api.requests import AnyRequest
from parley.model.errors import (
    ChatError,
    Draining,
    Invalid,
    InvalidJson,
    Kind,
    NotFound,
    Problem,
    TooLarge,
    problem,
)
from parley.model.shapes import misshapen

logger = logging.getLogger(__name__)

STATUS: Mapping[Kind, int] = {
    Kind.INVALID: 422,
    Kind.UNAUTHENTICATED: 401,
    Kind.FORBIDDEN: 403,
    Kind.NOT_FOUND: 404,
    Kind.CONFLICT: 409,
    Kind.TOO_LARGE: 413,
    Kind.RATE_LIMITED: 429,
    Kind.UNAVAILABLE: 503,
}
NOT_JSON = 400
NOT_ALLOWED = 405
FAILED = 500

METHOD_NOT_ALLOWED = Problem("method_not_allowed", "This path has no such method.")
INTERNAL = Problem("internal", "Something went wrong here; the log knows it by X-Request-ID.")
"""Both are HTTP's alone: the other door has neither methods nor statuses."""

RETRY_AFTER_S = 1
"""Where a refusal does not say when to come back."""

_NO_BODY = "'data'"
"""What the framework says of a body that is needed and missing; it means its own name for it."""


class Refused(Struct, frozen=True):
    """What every refusal looks like."""

    error: Problem


def status_of(error: ChatError) -> int:
    """The HTTP status of a refusal."""
    return NOT_JSON if isinstance(error, InvalidJson) else STATUS[error.kind]


def documented(*kinds: Kind) -> dict[int, ResponseSpec]:
    """The refusals of these kinds, and of bodies that are no JSON, for the description of a route."""
    said = {STATUS[kind]: kind.value for kind in kinds} | {NOT_JSON: InvalidJson.code}
    return {
        status: ResponseSpec(Refused, generate_examples=False, description=meaning)
        for status, meaning in sorted(said.items())
    }


def refuse(_request: AnyRequest, error: ChatError) -> Response[Refused]:
    """The answer that a `ChatError` becomes."""
    headers = {}
    if error.kind in (Kind.RATE_LIMITED, Kind.UNAVAILABLE):
        headers["Retry-After"] = str(error.details.get("retry_after", RETRY_AFTER_S))
    if isinstance(error, Draining):
        headers["Connection"] = "close"  # the next request of this client is for another server
    if error.kind is Kind.UNAUTHENTICATED:
        headers["WWW-Authenticate"] = "Bearer"  # RFC 9110, 11.6.1
    return _answer(status_of(error), problem(error), headers)


def refuse_for_http(request: AnyRequest, error: HTTPException) -> Response[Refused]:
    """The answer to what the framework refuses before a handler is reached."""
    if error.status_code == NOT_ALLOWED:
        return _answer(NOT_ALLOWED, METHOD_NOT_ALLOWED, error.headers)
    if error.status_code >= FAILED:
        return fail(request, error)
    return refuse(request, _translated(error))


def fail(request: AnyRequest, error: Exception) -> Response[Refused]:
    """The answer to what should not have happened. Its reason goes to the log and nowhere else."""
    with bound_contextvars(request_id=request_id(request.scope).decode()):
        logger.error("a request failed", exc_info=error)
    return _answer(FAILED, INTERNAL)


HANDLERS: ExceptionHandlersMap = {
    ChatError: refuse,
    HTTPException: refuse_for_http,
    Exception: fail,
}


def _translated(error: HTTPException) -> ChatError:
    if isinstance(error, ValidationException):
        return _misshapen(error)
    if error.status_code == STATUS[Kind.NOT_FOUND]:
        return NotFound("There is no such path.")
    if error.status_code == STATUS[Kind.TOO_LARGE]:
        return TooLarge("The body is larger than allowed.")
    return Invalid(error.detail)


def _misshapen(error: ValidationException) -> ChatError:
    """The first thing wrong; the framework names the body itself `data`."""
    extra = error.extra
    first = extra[0] if isinstance(extra, list) and extra else {}
    reason, field = str(first.get("message", error.detail)), str(first.get("key", ""))
    if reason == _NO_BODY:
        return InvalidJson("This needs a JSON object as its body.")
    return misshapen(reason, "" if field == "data" else field)


def _answer(
    status: int, shown: Problem, headers: Mapping[str, str] | None = None
) -> Response[Refused]:
    return Response(
        Refused(shown), status_code=status, headers=headers, media_type="application/json"
    )
