"""`/v1/auth/sessions`: the devices on which one is signed in."""

from collections.abc import Sequence

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from msgspec import Struct

from parley.api.authentication import Doorkeeper
from parley.api.cookies import REFRESH_PATH, Cookies
from parley.api.requests import Id, JsonRequest
from parley.api.routes import ASKED, TOLD, route
from parley.model.ids import SessionId
from parley.model.sessions import SessionView
from parley.services.sessions import Sessions


class Devices(Struct, frozen=True):
    """All of them: there is no second page."""

    items: Sequence[SessionView]


class SessionRoutes:
    def __init__(self, *, sessions: Sessions, door: Doorkeeper, cookies: Cookies) -> None:
        self._sessions = sessions
        self._door = door
        self._cookies = cookies

    def routes(self) -> list[HTTPRouteHandler]:
        devices = f"{REFRESH_PATH}/sessions"
        door = self._door
        return [
            route("GET", devices, self.sessions, tag="auth", door=door, refusals=ASKED),
            route(
                "DELETE",
                f"{devices}/{{session_id:str}}",
                self.end_session,
                tag="auth",
                door=door,
                refusals=TOLD,
                status=204,
            ),
            route(
                "POST",
                f"{REFRESH_PATH}/logout-all",
                self.logout_all,
                tag="auth",
                door=door,
                refusals=TOLD,
                status=204,
            ),
        ]

    async def sessions(self, request: JsonRequest) -> Devices:
        """The devices on which one is signed in, latest used first. `current` is the one that asks."""
        return Devices(await self._sessions.mine(request.user))

    async def end_session(self, request: JsonRequest, session_id: Id) -> Response[None]:
        """Sign a device out, and close its sockets."""
        await self._sessions.end(request.user, SessionId(session_id))
        own = session_id == request.user.session_id
        return Response(None, status_code=204, cookies=self._cookies.cleared() if own else None)

    async def logout_all(self, request: JsonRequest) -> Response[None]:
        """Sign all devices out, this one too, and close their sockets."""
        await self._sessions.end_all(request.user.user_id)
        return Response(None, status_code=204, cookies=self._cookies.cleared())
