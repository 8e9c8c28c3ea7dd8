"""`/v1/blocks`: whom one wants nothing to do with."""

from collections.abc import Sequence

from litestar.handlers import HTTPRouteHandler
from msgspec import Struct

from parley.api import cursors
from parley.api.authentication import Doorkeeper
from parley.api.requests import Cursor, Id, JsonRequest, Limit
from parley.api.routes import ASKED, TOLD, route
from parley.model.blocks import ListedBlock
from parley.model.ids import UserId
from parley.services.blocks import Blocks


class BlockPage(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A page of whom I have blocked, in no order that means anything."""

    items: Sequence[ListedBlock]
    next: str | None = None


class BlockRoutes:
    def __init__(self, *, blocks: Blocks, door: Doorkeeper) -> None:
        self._blocks = blocks
        self._door = door

    def routes(self) -> list[HTTPRouteHandler]:
        one, door = "/v1/blocks/{user_id:str}", self._door
        return [
            route("GET", "/v1/blocks", self.page, tag="blocks", door=door, refusals=ASKED),
            route("PUT", one, self.put, tag="blocks", door=door, refusals=TOLD),
            route("DELETE", one, self.remove, tag="blocks", door=door, refusals=TOLD, status=204),
        ]

    async def page(
        self, request: JsonRequest, limit: Limit = 50, cursor: Cursor = None
    ) -> BlockPage:
        """Whom I have blocked."""
        page = await self._blocks.page(
            request.user.user_id, after=cursors.text(cursor), limit=limit
        )
        return BlockPage(items=page.items, next=cursors.seal(page.next))

    async def put(self, request: JsonRequest, user_id: Id) -> ListedBlock:
        """Block somebody: in our direct conversation, as a contact, in groups that they would bring me into."""
        return await self._blocks.put(request.user.user_id, UserId(user_id))

    async def remove(self, request: JsonRequest, user_id: Id) -> None:
        """Block them no more."""
        await self._blocks.remove(request.user.user_id, UserId(user_id))
