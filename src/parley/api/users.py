"""`/v1/me` and `/v1/users`: oneself, and the others."""

from collections.abc import Sequence
from typing import Annotated

from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter
from litestar.types import AsyncAnyCallable
from msgspec import Struct

from parley.api import cursors
from parley.api.authentication import Doorkeeper
from parley.api.requests import Cursor, Id, JsonRequest, Limit
from parley.api.routes import ASKED, route
from parley.model.accounts import Me, User
from parley.model.errors import Kind
from parley.model.ids import UserId
from parley.services.users import Users

Beginning = Annotated[
    str, QueryParameter(name="query", description="How a username or display name begins.")
]


class People(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A page of the directory."""

    items: Sequence[User]
    next: str | None = None


class UserRoutes:
    def __init__(self, *, users: Users, door: Doorkeeper) -> None:
        self._users = users
        self._door = door

    def routes(self) -> list[HTTPRouteHandler]:
        return [
            self._asks("/v1/me", self.me),
            self._asks("/v1/users", self.directory, Kind.TOO_LARGE),
            self._asks("/v1/users/{user_id:str}", self.user),
        ]

    def _asks(self, path: str, handler: AsyncAnyCallable, *refusals: Kind) -> HTTPRouteHandler:
        return route(
            "GET", path, handler, tag="people", door=self._door, refusals=(*ASKED, *refusals)
        )

    async def me(self, request: JsonRequest) -> Me:
        """Oneself."""
        return await self._users.me(request.user)

    async def directory(
        self,
        request: JsonRequest,
        beginning: Beginning = "",
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> People:
        """Everybody but oneself."""
        page = await self._users.directory(
            request.user, query=beginning, after=cursors.text(cursor), limit=limit
        )
        return People(items=page.items, next=cursors.seal(page.next))

    async def user(self, user_id: Id) -> User:
        """Somebody."""
        return await self._users.get(UserId(user_id))
