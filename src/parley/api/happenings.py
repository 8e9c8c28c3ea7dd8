"""Happenings of a conversation."""

from litestar.handlers import HTTPRouteHandler

from parley.api.authentication import Doorkeeper
from parley.api.requests import FromSeq, Id, JsonRequest, Limit
from parley.api.routes import INSIDE, route
from parley.model.ids import ConversationId
from parley.services.happenings import HappeningPage, Happenings


class HappeningRoutes:
    def __init__(self, *, happenings: Happenings, door: Doorkeeper) -> None:
        self._happenings = happenings
        self._door = door

    def routes(self) -> list[HTTPRouteHandler]:
        path = "/v1/conversations/{conversation_id:str}/happenings"
        return [
            route("GET", path, self.happenings, tag="messages", door=self._door, refusals=INSIDE)
        ]

    async def happenings(
        self,
        request: JsonRequest,
        conversation_id: Id,
        *,
        after: FromSeq = None,
        before: FromSeq = None,
        limit: Limit = 50,
    ) -> HappeningPage:
        """What became of the conversation itself between two seqs: its name, its members, its pins; ascending."""
        return await self._happenings.page(
            request.user.user_id,
            ConversationId(conversation_id),
            after=after or 0,
            before=before,
            limit=limit,
        )
