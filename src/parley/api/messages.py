"""Messages of a conversation: sending, history, and the log."""

from collections.abc import Mapping
from types import MappingProxyType

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody
from litestar.types import AsyncAnyCallable
from msgspec import Struct

from parley.api.answers import UNCHANGED, appended, before
from parley.api.authentication import Doorkeeper
from parley.api.requests import Body, FromSeq, Id, JsonRequest, Limit, Seq
from parley.api.routes import INSIDE, TOLD, Method, route
from parley.model.entries import Json, MessageDeleted, MessageEdited, MessageNew
from parley.model.ids import ClientId, ConversationId, UserId
from parley.model.messages import Version
from parley.services.messages import Draft, LogPage, MessagePage, Messages


class SendMessage(Body, frozen=True, kw_only=True):
    """`reply_to` is the seq of a message of the same conversation."""

    body: str
    reply_to: int | None = None
    data: Json | None = None
    client_id: ClientId | None = None

    def draft(self) -> Draft:
        return Draft(
            body=self.body, reply_to=self.reply_to, data=self.data, client_id=self.client_id
        )


class EditMessage(Body, frozen=True, kw_only=True):
    body: str
    client_id: ClientId | None = None


class Versions(Struct, frozen=True):
    """The body that a message was sent with, and those of its last edits."""

    items: list[Version]


class MessageRoutes:
    def __init__(self, *, messages: Messages, door: Doorkeeper) -> None:
        self._messages = messages
        self._door = door

    def routes(self) -> list[HTTPRouteHandler]:
        one = "/v1/conversations/{conversation_id:str}"
        return [
            self._asks(f"{one}/messages", self.page),
            self._tells(f"{one}/messages", self.send),
            self._asks(f"{one}/messages/{{seq:int}}", self.message),
            self._asks(f"{one}/messages/{{seq:int}}/edits", self.edits),
            self._changes("PATCH", f"{one}/messages/{{seq:int}}", self.edit),
            self._changes("DELETE", f"{one}/messages/{{seq:int}}", self.delete, {204: UNCHANGED}),
            self._asks(f"{one}/log", self.log),
            self._tells("/v1/direct/{user_id:str}/messages", self.send_to),
        ]

    def _asks(self, path: str, handler: AsyncAnyCallable) -> HTTPRouteHandler:
        return route("GET", path, handler, tag="messages", door=self._door, refusals=INSIDE)

    def _tells(self, path: str, handler: AsyncAnyCallable) -> HTTPRouteHandler:
        return route(
            "POST",
            path,
            handler,
            tag="messages",
            door=self._door,
            refusals=TOLD,
            status=201,
            besides={200: before(MessageNew)},
        )

    def _changes(
        self,
        method: Method,
        path: str,
        handler: AsyncAnyCallable,
        besides: Mapping[int, ResponseSpec] = MappingProxyType({}),
    ) -> HTTPRouteHandler:
        return route(
            method,
            path,
            handler,
            tag="messages",
            door=self._door,
            refusals=TOLD,
            besides=besides,
        )

    async def page(
        self,
        request: JsonRequest,
        conversation_id: Id,
        *,
        before: FromSeq = None,
        after: FromSeq = None,
        around: FromSeq = None,
        limit: Limit = 50,
    ) -> MessagePage:
        """History: the newest messages, or those next before, after or around a seq; ascending."""
        return await self._messages.page(
            request.user.user_id,
            ConversationId(conversation_id),
            before=before,
            after=after,
            around=around,
            limit=limit,
        )

    async def send(
        self, request: JsonRequest, conversation_id: Id, data: JSONBody[SendMessage]
    ) -> Response[MessageNew]:
        """Say something. The same `client_id` again answers with the first, with 200."""
        sent = self._messages.send(
            request.user.user_id, ConversationId(conversation_id), data.draft()
        )
        return appended(await sent, made=True)

    async def send_to(
        self, request: JsonRequest, user_id: Id, data: JSONBody[SendMessage]
    ) -> Response[MessageNew]:
        """Say something to somebody, in the one direct conversation with them, which this opens."""
        sent = await self._messages.send_to(request.user.user_id, UserId(user_id), data.draft())
        return appended(sent, made=True)

    async def message(self, request: JsonRequest, conversation_id: Id, seq: Seq) -> MessageNew:
        """A message as it is now."""
        return await self._messages.get(request.user.user_id, ConversationId(conversation_id), seq)

    async def edits(self, request: JsonRequest, conversation_id: Id, seq: Seq) -> Versions:
        """The body that a message was sent with, and those of its last 200 edits; none of a deleted one."""
        found = await self._messages.edits(
            request.user.user_id, ConversationId(conversation_id), seq
        )
        return Versions(found)

    async def edit(
        self, request: JsonRequest, conversation_id: Id, seq: Seq, data: JSONBody[EditMessage]
    ) -> Response[MessageEdited]:
        """Give one's own message another body."""
        edited = await self._messages.edit(
            request.user.user_id,
            ConversationId(conversation_id),
            seq,
            data.body,
            client_id=data.client_id,
        )
        return appended(edited)

    async def delete(
        self, request: JsonRequest, conversation_id: Id, seq: Seq
    ) -> Response[MessageDeleted]:
        """Delete a message for everyone, with every text that it had."""
        return appended(
            await self._messages.delete(request.user.user_id, ConversationId(conversation_id), seq)
        )

    async def log(
        self, request: JsonRequest, conversation_id: Id, after: FromSeq = None, limit: Limit = 50
    ) -> LogPage:
        """Everything that happened after a seq, in its order."""
        return await self._messages.log(
            request.user.user_id, ConversationId(conversation_id), after=after or 0, limit=limit
        )
