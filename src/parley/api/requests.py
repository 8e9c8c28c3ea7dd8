"""Requests as handlers get them: with whoever is asking, and with a body that is JSON or refused as such."""

from typing import Annotated, Any

import msgspec
from litestar import Request
from litestar.datastructures import State
from litestar.params import PathParameter, QueryParameter
from msgspec import Struct

from parley.model.errors import InvalidJson
from parley.model.sessions import Identity

Id = Annotated[str, PathParameter(min_length=1, max_length=40)]
"""An id in a path."""

Limit = Annotated[int, QueryParameter(ge=1, le=200, description="The most items of a page.")]
Cursor = Annotated[
    str | None, QueryParameter(max_length=200, description="The `next` of the page before.")
]
BEYOND_SEQS = 2**53
"""JavaScript counts exactly up to here."""

Seq = Annotated[int, PathParameter(ge=0, lt=BEYOND_SEQS)]
FromSeq = Annotated[int | None, QueryParameter(ge=0, lt=BEYOND_SEQS)]


AnyRequest = Request[Any, Any, Any]
"""A request of which nothing is known yet."""


class Body(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a request carries: one JSON object."""


class JsonRequest(Request[Identity, None, State]):
    """`user` is who asks, on the routes that a `Doorkeeper` stands before."""

    async def json(self) -> Any:  # noqa: ANN401 - the framework's signature
        """The body, decoded.

        Raises:
            InvalidJson: It isn't JSON: also where its bytes are no UTF-8, or it is nested beyond all sense.
        """
        try:
            return msgspec.json.decode(await self.body())
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise InvalidJson(reason=str(error)) from None


def address(request: AnyRequest) -> str:
    """The network address of the client, as far as the server can tell."""
    return request.client.host if request.client is not None else ""
