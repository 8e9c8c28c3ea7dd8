"""Requests as handlers get them: with whoever is asking, and with a body that is JSON or refused as such."""

from collections.abc import Callable
from functools import cache
from typing import Annotated, Any

import msgspec
from litestar import Request
from litestar.datastructures import State
from litestar.exceptions import InternalServerException
from litestar.params import PathParameter, QueryParameter
from msgspec import Struct

from parley.model.errors import InvalidJson
from parley.model.sessions import Identity
from parley.model.shapes import refusal

Id = Annotated[str, PathParameter(min_length=1, max_length=40)]
"""An id in a path."""

Limit = Annotated[int, QueryParameter(ge=1, le=200, description="The most items of a page.")]
Cursor = Annotated[
    str | None, QueryParameter(max_length=200, description="The `next` of the page before.")
]
BEYOND_SEQS = 2**53
"""JavaScript counts exactly up to here."""

Emoji = Annotated[str, PathParameter(min_length=1, max_length=64)]
Seq = Annotated[int, PathParameter(ge=0, lt=BEYOND_SEQS)]
# The framework leaves a bound of 0 out of the description.
FromSeq = Annotated[int | None, QueryParameter(gt=-1, lt=BEYOND_SEQS)]


AnyRequest = Request[Any, Any, Any]
"""A request of which nothing is known yet."""


class Body(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a request carries: one JSON object."""


class JsonRequest(Request[Identity, None, State]):
    """`user` is who asks, on the routes that a `Doorkeeper` stands before."""

    async def body(self) -> bytes:
        """The body, whole.

        Raises:
            InvalidJson: The client went before it was; the framework takes that for a failure of the server.
        """
        try:
            return await super().body()
        except InternalServerException:
            raise InvalidJson("The connection ended before the body.") from None

    async def json(self) -> Any:  # noqa: ANN401 - the framework's signature
        """The body, decoded once and strictly into what the handler takes as `data`.

        Left to itself the framework decodes twice, and takes `"1"` for 1.

        Raises:
            Invalid: It has another shape.
            InvalidJson: It isn't JSON: also where its bytes are no UTF-8, or it is nested beyond all sense.
        """
        field = self.route_handler.parsed_data_field
        try:
            return _decoder(field.annotation if field is not None else Any)(await self.body())
        except msgspec.ValidationError as error:
            raise refusal(error) from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise InvalidJson(reason=str(error)) from None


@cache
def _decoder(annotation: Any) -> Callable[[bytes], Any]:  # noqa: ANN401 - whatever a handler declares
    return msgspec.json.Decoder(annotation).decode


def address(request: AnyRequest) -> str:
    """The network address of the client, as far as the server can tell."""
    return request.client.host if request.client is not None else ""
