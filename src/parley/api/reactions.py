"""Reactions to messages."""

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.types import AsyncAnyCallable

from parley.api.answers import UNCHANGED, appended
from parley.api.authentication import Doorkeeper
from parley.api.requests import Emoji, Id, JsonRequest, Seq
from parley.api.routes import TOLD, Method, route
from parley.model.entries import ReactionAdded, ReactionRemoved
from parley.model.ids import ConversationId
from parley.services.reactions import Reactions


class ReactionRoutes:
    def __init__(self, *, reactions: Reactions, door: Doorkeeper) -> None:
        self._reactions = reactions
        self._door = door

    def routes(self) -> list[HTTPRouteHandler]:
        path = "/v1/conversations/{conversation_id:str}/messages/{seq:int}/reactions/{emoji:str}"
        return [self._route("PUT", path, self.add), self._route("DELETE", path, self.remove)]

    def _route(self, method: Method, path: str, handler: AsyncAnyCallable) -> HTTPRouteHandler:
        return route(
            method,
            path,
            handler,
            tag="reactions",
            door=self._door,
            refusals=TOLD,
            besides={204: UNCHANGED},
        )

    async def add(
        self, request: JsonRequest, conversation_id: Id, seq: Seq, emoji: Emoji
    ) -> Response[ReactionAdded]:
        """React to a message."""
        return appended(
            await self._reactions.add(
                request.user.user_id, ConversationId(conversation_id), seq, emoji
            )
        )

    async def remove(
        self, request: JsonRequest, conversation_id: Id, seq: Seq, emoji: Emoji
    ) -> Response[ReactionRemoved]:
        """Take a reaction of one's own back."""
        return appended(
            await self._reactions.remove(
                request.user.user_id, ConversationId(conversation_id), seq, emoji
            )
        )
