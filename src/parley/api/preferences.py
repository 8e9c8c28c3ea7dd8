"""How I keep a conversation."""

from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody

from parley.api.authentication import Doorkeeper
from parley.api.requests import Body, Id, JsonRequest
from parley.api.routes import TOLD, route
from parley.model.ids import ConversationId
from parley.model.preferences import Preference
from parley.services.preferences import Preferences


class ChangePreference(Body, frozen=True, kw_only=True):
    """What is absent stays."""

    muted: bool | None = None
    archived: bool | None = None


class PreferenceRoutes:
    def __init__(self, *, preferences: Preferences, door: Doorkeeper) -> None:
        self._preferences = preferences
        self._door = door

    def routes(self) -> list[HTTPRouteHandler]:
        return [
            route(
                "PATCH",
                "/v1/conversations/{conversation_id:str}/me",
                self.change,
                tag="preferences",
                door=self._door,
                refusals=TOLD,
            )
        ]

    async def change(
        self, request: JsonRequest, conversation_id: Id, data: JSONBody[ChangePreference]
    ) -> Preference:
        """Mute or archive it for myself; nobody else sees that."""
        return await self._preferences.change(
            request.user.user_id,
            ConversationId(conversation_id),
            muted=data.muted,
            archived=data.archived,
        )
