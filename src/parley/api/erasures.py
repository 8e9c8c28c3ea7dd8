"""`DELETE /v1/me`: erasing one's account."""

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody

from parley.api.authentication import Doorkeeper
from parley.api.cookies import Cookies
from parley.api.requests import Body, JsonRequest
from parley.api.routes import TOLD, route
from parley.services.erasures import Erasures


class EraseMe(Body, frozen=True, kw_only=True):
    password: str


class ErasureRoutes:
    def __init__(self, *, erasures: Erasures, door: Doorkeeper, cookies: Cookies) -> None:
        self._erasures = erasures
        self._door = door
        self._cookies = cookies

    def routes(self) -> list[HTTPRouteHandler]:
        return [
            route(
                "DELETE",
                "/v1/me",
                self.erase_me,
                tag="people",
                door=self._door,
                refusals=TOLD,
                status=204,
            )
        ]

    async def erase_me(self, request: JsonRequest, data: JSONBody[EraseMe]) -> Response[None]:
        """Erase one's account, for good. Its names are free at once; what one wrote is emptied in the background."""
        await self._erasures.erase(request.user, data.password)
        return Response(None, status_code=204, cookies=self._cookies.cleared())
