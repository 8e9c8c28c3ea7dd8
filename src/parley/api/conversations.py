"""`/v1/conversations` and `/v1/direct`: opening, listing, and who is in."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromQuery, JSONBody
from litestar.types import AsyncAnyCallable
from msgspec import Struct

from parley.api import cursors
from parley.api.answers import UNCHANGED, appended, before
from parley.api.authentication import Doorkeeper
from parley.api.requests import Body, Cursor, Id, JsonRequest, Limit
from parley.api.routes import ASKED, INSIDE, TOLD, Method, route
from parley.model.conversations import Summary
from parley.model.entries import (
    ConversationCreated,
    ConversationKind,
    Json,
    MemberJoined,
    MemberLeft,
)
from parley.model.errors import Invalid, Kind
from parley.model.ids import AnyId, ClientId, ConversationId, UserId
from parley.services.conversations import (
    Conversations,
    ListedConversation,
    MemberView,
    NewGroup,
)
from parley.services.rooms import NewRoom, Rooms


class CreateConversation(Body, frozen=True, kw_only=True):
    """Who creates it owns it, and need not be among `members`; a room has none yet, people join it."""

    kind: Literal["group", "room"]
    name: str
    members: tuple[AnyId, ...] = ()
    topic: str | None = None
    data: Json | None = None
    client_id: ClientId | None = None


class AddMember(Body, frozen=True, kw_only=True):
    user_id: AnyId
    role: Literal["admin", "member", "guest"] = "member"
    client_id: ClientId | None = None


class Leave(Body, frozen=True, kw_only=True):
    client_id: ClientId | None = None


class MyConversations(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A page of mine; cursors of its conversations belong to `epoch`."""

    items: list[ListedConversation]
    next: str | None = None
    epoch: str


class Members(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A page of who is in."""

    items: list[MemberView]
    next: str | None = None


class ConversationRoutes:
    def __init__(
        self, *, conversations: Conversations, rooms: Rooms, door: Doorkeeper, epoch: str
    ) -> None:
        self._conversations = conversations
        self._rooms = rooms
        self._door = door
        self._epoch = epoch

    def routes(self) -> list[HTTPRouteHandler]:
        one = "/v1/conversations/{conversation_id:str}"
        retried = {200: before(ConversationCreated)}
        joined = {200: before(MemberJoined), 204: UNCHANGED}
        return [
            self._asks("/v1/conversations", self.mine, ASKED),
            self._tells("POST", "/v1/conversations", self.create, retried, status=201),
            self._asks(one, self.conversation),
            self._tells("PUT", "/v1/direct/{user_id:str}", self.open_direct),
            self._asks(f"{one}/members", self.members),
            self._tells("POST", f"{one}/members", self.add, joined, status=201),
            self._tells("DELETE", f"{one}/members/{{user_id:str}}", self.remove, {204: UNCHANGED}),
            self._tells("POST", f"{one}/leave", self.leave),
        ]

    def _asks(
        self, path: str, handler: AsyncAnyCallable, refusals: tuple[Kind, ...] = INSIDE
    ) -> HTTPRouteHandler:
        return route("GET", path, handler, tag="conversations", door=self._door, refusals=refusals)

    def _tells(
        self,
        method: Method,
        path: str,
        handler: AsyncAnyCallable,
        besides: Mapping[int, ResponseSpec] = MappingProxyType({}),
        *,
        status: int = 200,
    ) -> HTTPRouteHandler:
        return route(
            method,
            path,
            handler,
            tag="conversations",
            door=self._door,
            refusals=TOLD,
            status=status,
            besides=besides,
        )

    async def mine(
        self,
        request: JsonRequest,
        kind: FromQuery[ConversationKind | None] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> MyConversations:
        """My conversations, latest activity first."""
        page = await self._conversations.mine(
            request.user.user_id, kind=kind, before=cursors.number(cursor), limit=limit
        )
        return MyConversations(items=page.items, next=cursors.seal(page.next), epoch=self._epoch)

    async def create(
        self, request: JsonRequest, data: JSONBody[CreateConversation]
    ) -> Response[ConversationCreated]:
        """Make a group, or a room under a name of its own. The same `client_id` again finds the first, with 200."""
        if data.kind == "room":
            committed = await self._rooms.create(request.user.user_id, _new_room(data))
        else:
            committed = await self._conversations.create_group(
                request.user.user_id, _new_group(data)
            )
        return appended(committed, made=True)

    async def conversation(self, request: JsonRequest, conversation_id: Id) -> Summary:
        """One that I am in."""
        return await self._conversations.get(request.user.user_id, ConversationId(conversation_id))

    async def open_direct(self, request: JsonRequest, user_id: Id) -> Summary:
        """The one direct conversation with this person, made on first use; with oneself it is for notes."""
        return await self._conversations.open_direct(request.user.user_id, UserId(user_id))

    async def members(
        self,
        request: JsonRequest,
        conversation_id: Id,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Members:
        """Who is in, longest first."""
        page = await self._conversations.members(
            request.user.user_id,
            ConversationId(conversation_id),
            after=cursors.text(cursor),
            limit=limit,
        )
        return Members(items=page.items, next=cursors.seal(page.next))

    async def add(
        self, request: JsonRequest, conversation_id: Id, data: JSONBody[AddMember]
    ) -> Response[MemberJoined]:
        """Bring somebody in; they read everything from its beginning. 204 where they are in already."""
        committed = await self._conversations.add(
            request.user.user_id,
            ConversationId(conversation_id),
            UserId(data.user_id),
            role=data.role,
            client_id=data.client_id,
        )
        return appended(committed, made=True)

    async def remove(
        self, request: JsonRequest, conversation_id: Id, user_id: Id
    ) -> Response[MemberLeft]:
        """Take somebody out. 204 where they are out already."""
        committed = await self._conversations.remove(
            request.user.user_id, ConversationId(conversation_id), UserId(user_id)
        )
        return appended(committed)

    async def leave(
        self, request: JsonRequest, conversation_id: Id, data: JSONBody[Leave | None] = None
    ) -> Response[MemberLeft]:
        """Go. When the owner goes, the oldest admin, else the oldest member, takes over."""
        me = request.user.user_id
        committed = await self._conversations.remove(
            me,
            ConversationId(conversation_id),
            me,
            client_id=data.client_id if data is not None else None,
        )
        return appended(committed)


def _new_group(data: CreateConversation) -> NewGroup:
    return NewGroup(
        name=data.name,
        members=[UserId(member) for member in data.members],
        topic=data.topic,
        data=data.data,
        client_id=data.client_id,
    )


def _new_room(data: CreateConversation) -> NewRoom:
    if data.members:
        raise Invalid("Nobody is brought into a new room; people join it.", field="members")
    return NewRoom(name=data.name, topic=data.topic, data=data.data, client_id=data.client_id)
