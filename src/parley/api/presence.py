"""`/v1/presence`: who is there."""

from typing import Annotated

from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter

from parley.api.authentication import Doorkeeper
from parley.api.requests import JsonRequest
from parley.api.routes import ASKED, route
from parley.model.ids import AnyId, UserId
from parley.services.presence import MOST_ASKED, People, Presences

Asked = Annotated[
    list[AnyId],
    QueryParameter(
        name="user_ids",
        max_items=MOST_ASKED,
        description="Whose; the parameter once for each of them.",
    ),
]


class PresenceRoutes:
    def __init__(self, *, presence: Presences, door: Doorkeeper) -> None:
        self._presence = presence
        self._door = door

    def routes(self) -> list[HTTPRouteHandler]:
        return [
            route(
                "GET",
                "/v1/presence",
                self.presence,
                tag="people",
                door=self._door,
                refusals=ASKED,
            )
        ]

    async def presence(self, request: JsonRequest, asked: Asked) -> People:
        """How people appear; offline is said of whoever shares no conversation with oneself."""
        return await self._presence.get(request.user.user_id, [UserId(one) for one in asked])
