"""`/v1/rooms`: finding rooms, and joining them."""

from collections.abc import Sequence
from typing import Annotated

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody, QueryParameter
from msgspec import Struct

from parley.api import cursors
from parley.api.answers import UNCHANGED, appended, before
from parley.api.authentication import Doorkeeper
from parley.api.requests import Body, Id, JsonRequest, Limit
from parley.api.routes import ASKED, TOLD, route
from parley.model.entries import MemberJoined
from parley.model.errors import Kind
from parley.model.ids import ClientId, ConversationId
from parley.model.rooms import Room
from parley.services.rooms import Rooms

Words = Annotated[
    str,
    QueryParameter(name="query", description="Words of a name; the last one may be only begun."),
]
NameCursor = Annotated[
    str | None, QueryParameter(max_length=400, description="The `next` of the page before.")
]
"""Longer than others: it holds the beginning of a name in any script."""


class Join(Body, frozen=True, kw_only=True):
    client_id: ClientId | None = None


class Directory(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A page of rooms."""

    items: Sequence[Room]
    next: str | None = None


class RoomRoutes:
    def __init__(self, *, rooms: Rooms, door: Doorkeeper) -> None:
        self._rooms = rooms
        self._door = door

    def routes(self) -> list[HTTPRouteHandler]:
        join = "/v1/conversations/{conversation_id:str}/join"
        joined = {200: before(MemberJoined), 204: UNCHANGED}
        return [
            route(
                "GET",
                "/v1/rooms",
                self.directory,
                tag="rooms",
                door=self._door,
                refusals=(*ASKED, Kind.TOO_LARGE),
            ),
            route(
                "POST",
                join,
                self.join,
                tag="rooms",
                door=self._door,
                refusals=TOLD,
                status=201,
                besides=joined,
            ),
        ]

    async def directory(
        self, words: Words = "", limit: Limit = 50, cursor: NameCursor = None
    ) -> Directory:
        """Every room, in order of names."""
        page = await self._rooms.directory(query=words, after=cursors.text(cursor), limit=limit)
        return Directory(items=page.items, next=cursors.seal(page.next))

    async def join(
        self, request: JsonRequest, conversation_id: Id, data: JSONBody[Join | None] = None
    ) -> Response[MemberJoined]:
        """Come in; whoever comes into an empty room owns it. 204 where I am in already."""
        committed = await self._rooms.join(
            request.user.user_id,
            ConversationId(conversation_id),
            client_id=data.client_id if data is not None else None,
        )
        return appended(committed, made=True)
