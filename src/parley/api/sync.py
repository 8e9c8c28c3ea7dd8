"""`/v1/sync`: catching up after being away."""

from typing import Annotated

from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody
from msgspec import Meta, field

from parley.api.authentication import Doorkeeper
from parley.api.requests import BEYOND_SEQS, Body, JsonRequest
from parley.api.routes import ASKED, route
from parley.model.errors import Kind
from parley.model.ids import AnyId, ConversationId
from parley.services.sync import MOST_ENTRIES, Sync, SyncAnswer


class CatchUp(Body, frozen=True, kw_only=True):
    """The last seq kept of each conversation; `epoch` is the one that they were got under."""

    cursors: dict[AnyId, Annotated[int, Meta(ge=0, lt=BEYOND_SEQS)]] = field(default_factory=dict)
    epoch: str | None = None
    limit: Annotated[int, Meta(ge=1)] = MOST_ENTRIES


class SyncRoutes:
    def __init__(self, *, sync: Sync, door: Doorkeeper) -> None:
        self._sync = sync
        self._door = door

    def routes(self) -> list[HTTPRouteHandler]:
        return [
            route(
                "POST",
                "/v1/sync",
                self.catch_up,
                tag="messages",
                door=self._door,
                refusals=(*ASKED, Kind.TOO_LARGE),
            )
        ]

    async def catch_up(self, request: JsonRequest, data: JSONBody[CatchUp]) -> SyncAnswer:
        """Everything missed in my conversations since these cursors, a bounded answer at a time."""
        cursors = {ConversationId(one): seq for one, seq in data.cursors.items()}
        return await self._sync.catch_up(
            request.user.user_id, cursors, epoch=data.epoch, limit=data.limit
        )
