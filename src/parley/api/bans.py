"""Bans of a group or room."""

from collections.abc import Sequence

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.types import AsyncAnyCallable
from msgspec import Struct

from parley.api import cursors
from parley.api.answers import UNCHANGED, appended
from parley.api.authentication import Doorkeeper
from parley.api.requests import Cursor, Id, JsonRequest, Limit
from parley.api.routes import INSIDE, TOLD, Method, route
from parley.model.entries import MemberChanged, MemberLeft
from parley.model.ids import ConversationId, UserId
from parley.services.bans import Bans, BanView


class BanPage(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A page of who may not come in."""

    items: Sequence[BanView]
    next: str | None = None


class BanRoutes:
    def __init__(self, *, bans: Bans, door: Doorkeeper) -> None:
        self._bans = bans
        self._door = door

    def routes(self) -> list[HTTPRouteHandler]:
        bans = "/v1/conversations/{conversation_id:str}/bans"
        one, door = f"{bans}/{{user_id:str}}", self._door
        return [
            route("GET", bans, self.page, tag="bans", door=door, refusals=INSIDE),
            self._tells("PUT", one, self.ban),
            self._tells("DELETE", one, self.lift),
        ]

    def _tells(self, method: Method, path: str, handler: AsyncAnyCallable) -> HTTPRouteHandler:
        return route(
            method,
            path,
            handler,
            tag="bans",
            door=self._door,
            refusals=TOLD,
            besides={204: UNCHANGED},
        )

    async def page(
        self, request: JsonRequest, conversation_id: Id, limit: Limit = 50, cursor: Cursor = None
    ) -> BanPage:
        """Who may not come in, for admins."""
        page = await self._bans.page(
            request.user.user_id,
            ConversationId(conversation_id),
            after=cursors.text(cursor),
            limit=limit,
        )
        return BanPage(items=page.items, next=cursors.seal(page.next))

    async def ban(
        self, request: JsonRequest, conversation_id: Id, user_id: Id
    ) -> Response[MemberLeft | MemberChanged]:
        """Keep somebody out: `member.left` where it takes them out, else `member.changed`. 204 where it is so."""
        return appended(
            await self._bans.ban(
                request.user.user_id, ConversationId(conversation_id), UserId(user_id)
            )
        )

    async def lift(
        self, request: JsonRequest, conversation_id: Id, user_id: Id
    ) -> Response[MemberChanged]:
        """Let somebody come in again; it brings nobody in. 204 where they are not banned."""
        return appended(
            await self._bans.lift(
                request.user.user_id, ConversationId(conversation_id), UserId(user_id)
            )
        )
