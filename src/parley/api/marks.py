"""Marks: how far people have received and read."""

from typing import Annotated

from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody
from msgspec import Meta, Struct

from parley.api import cursors
from parley.api.authentication import Doorkeeper
from parley.api.requests import BEYOND_SEQS, Body, Cursor, Id, JsonRequest, Limit
from parley.api.routes import INSIDE, TOLD, route
from parley.model.ids import ConversationId
from parley.model.marks import MemberMarks
from parley.services.marks import MarkAnswer, Marks

MarkSeq = Annotated[int, Meta(ge=1, lt=BEYOND_SEQS)] | None


class SetMarks(Body, frozen=True, kw_only=True):
    """Up to where everything is read, or received; or from where on it is unread again."""

    read: MarkSeq = None
    delivered: MarkSeq = None
    unread_from: MarkSeq = None


class MembersMarks(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A page of how far members have come."""

    items: list[MemberMarks]
    next: str | None = None


class MarkRoutes:
    def __init__(self, *, marks: Marks, door: Doorkeeper) -> None:
        self._marks = marks
        self._door = door

    def routes(self) -> list[HTTPRouteHandler]:
        path = "/v1/conversations/{conversation_id:str}/marks"
        return [
            route("POST", path, self.mark, tag="marks", door=self._door, refusals=TOLD),
            route("GET", path, self.of_members, tag="marks", door=self._door, refusals=INSIDE),
        ]

    async def mark(
        self, request: JsonRequest, conversation_id: Id, data: JSONBody[SetMarks]
    ) -> MarkAnswer:
        """Mark as read or received, forwards only; or as unread, from a message on."""
        return await self._marks.mark(
            request.user.user_id,
            ConversationId(conversation_id),
            read=data.read,
            delivered=data.delivered,
            unread_from=data.unread_from,
        )

    async def of_members(
        self, request: JsonRequest, conversation_id: Id, limit: Limit = 50, cursor: Cursor = None
    ) -> MembersMarks:
        """How far the members have come, longest in first."""
        page = await self._marks.of_members(
            request.user.user_id,
            ConversationId(conversation_id),
            after=cursors.text(cursor),
            limit=limit,
        )
        return MembersMarks(items=page.items, next=cursors.seal(page.next))
