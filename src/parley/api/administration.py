"""What those in charge of a conversation decide."""

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody
from litestar.types import AsyncAnyCallable
from msgspec import UNSET, UnsetType

from parley.api.answers import UNCHANGED, appended
from parley.api.authentication import Doorkeeper
from parley.api.requests import Body, Id, JsonRequest
from parley.api.routes import TOLD, Method, route
from parley.model.entries import (
    Changes,
    ConversationChanged,
    ConversationDeleted,
    Json,
    MemberChanged,
    Role,
)
from parley.model.ids import ClientId, ConversationId, UserId
from parley.services.administration import Administration


class ChangeConversation(Body, frozen=True, kw_only=True):
    """What is absent stays; null takes it away."""

    name: str | UnsetType = UNSET
    topic: str | UnsetType | None = UNSET
    avatar: str | UnsetType | None = UNSET
    data: Json | UnsetType | None = UNSET
    client_id: ClientId | None = None


class ChangeRole(Body, frozen=True, kw_only=True):
    role: Role
    client_id: ClientId | None = None


class AdministrationRoutes:
    def __init__(self, *, administration: Administration, door: Doorkeeper) -> None:
        self._administration = administration
        self._door = door

    def routes(self) -> list[HTTPRouteHandler]:
        one = "/v1/conversations/{conversation_id:str}"
        return [
            self._tells("PATCH", one, self.change),
            self._tells("DELETE", one, self.delete),
            self._tells("PATCH", f"{one}/members/{{user_id:str}}", self.change_role),
        ]

    def _tells(self, method: Method, path: str, handler: AsyncAnyCallable) -> HTTPRouteHandler:
        besides = {} if method == "DELETE" else {204: UNCHANGED}
        return route(
            method,
            path,
            handler,
            tag="administration",
            door=self._door,
            refusals=TOLD,
            besides=besides,
        )

    async def change(
        self, request: JsonRequest, conversation_id: Id, data: JSONBody[ChangeConversation]
    ) -> Response[ConversationChanged]:
        """Change name, topic, avatar or data, as an admin. 204 where all is so already."""
        changes = Changes(name=data.name, topic=data.topic, avatar=data.avatar, data=data.data)
        return appended(
            await self._administration.change(
                request.user.user_id,
                ConversationId(conversation_id),
                changes,
                client_id=data.client_id,
            )
        )

    async def delete(
        self, request: JsonRequest, conversation_id: Id
    ) -> Response[ConversationDeleted]:
        """End it for everyone, as its owner. A room's name is free again; a direct one can't be deleted."""
        return appended(
            await self._administration.delete(request.user.user_id, ConversationId(conversation_id))
        )

    async def change_role(
        self, request: JsonRequest, conversation_id: Id, user_id: Id, data: JSONBody[ChangeRole]
    ) -> Response[MemberChanged]:
        """Give a member another role. An owner who makes another one owner is an admin from then on."""
        return appended(
            await self._administration.change_role(
                request.user.user_id,
                ConversationId(conversation_id),
                UserId(user_id),
                data.role,
                client_id=data.client_id,
            )
        )
