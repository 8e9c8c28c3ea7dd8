"""Pinned messages."""

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.types import AsyncAnyCallable

from parley.api.answers import UNCHANGED, appended
from parley.api.authentication import Doorkeeper
from parley.api.requests import FromSeq, Id, JsonRequest, Limit, Seq
from parley.api.routes import INSIDE, TOLD, Method, route
from parley.model.entries import MessagePinned, MessageUnpinned
from parley.model.ids import ConversationId
from parley.services.pins import PinPage, Pins


class PinRoutes:
    def __init__(self, *, pins: Pins, door: Doorkeeper) -> None:
        self._pins = pins
        self._door = door

    def routes(self) -> list[HTTPRouteHandler]:
        conversation = "/v1/conversations/{conversation_id:str}"
        path, door = f"{conversation}/messages/{{seq:int}}/pin", self._door
        return [
            route("GET", f"{conversation}/pins", self.page, tag="pins", door=door, refusals=INSIDE),
            self._route("PUT", path, self.pin),
            self._route("DELETE", path, self.unpin),
        ]

    def _route(self, method: Method, path: str, handler: AsyncAnyCallable) -> HTTPRouteHandler:
        return route(
            method,
            path,
            handler,
            tag="pins",
            door=self._door,
            refusals=TOLD,
            besides={204: UNCHANGED},
        )

    async def page(
        self, request: JsonRequest, conversation_id: Id, limit: Limit = 50, before: FromSeq = None
    ) -> PinPage:
        """The pinned messages as they are now, the latest message first; at most 50 at once."""
        return await self._pins.page(
            request.user.user_id, ConversationId(conversation_id), before=before, limit=limit
        )

    async def pin(
        self, request: JsonRequest, conversation_id: Id, seq: Seq
    ) -> Response[MessagePinned]:
        """Pin a message in its conversation."""
        return appended(
            await self._pins.pin(request.user.user_id, ConversationId(conversation_id), seq)
        )

    async def unpin(
        self, request: JsonRequest, conversation_id: Id, seq: Seq
    ) -> Response[MessageUnpinned]:
        """Take a pin away."""
        return appended(
            await self._pins.unpin(request.user.user_id, ConversationId(conversation_id), seq)
        )
