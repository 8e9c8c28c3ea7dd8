"""`/v1/auth`: registering, signing in, staying so, signing out."""

from typing import TypeVar

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody
from litestar.types import AsyncAnyCallable

from parley.api.authentication import Doorkeeper
from parley.api.cookies import REFRESH_PATH, Cookies
from parley.api.requests import Body, JsonRequest, address
from parley.api.routes import OPEN, route
from parley.model.errors import Kind, Unauthenticated
from parley.model.sessions import MOST_DEVICE_CHARS, Device, Grant, SignedIn
from parley.services.accounts import Accounts
from parley.services.sessions import Sessions

G = TypeVar("G", bound=Grant)


class Register(Body, frozen=True, kw_only=True):
    """At least one of `username` and `email`."""

    username: str | None = None
    email: str | None = None
    password: str
    display_name: str | None = None
    device: str | None = None


class Login(Body, frozen=True, kw_only=True):
    """`login` is a username or an e-mail address; `device` names this device in the list of sessions."""

    login: str
    password: str
    device: str | None = None


class Refresh(Body, frozen=True, kw_only=True):
    """Browsers leave it out: the token is in their cookie."""

    refresh_token: str | None = None


class AuthRoutes:
    def __init__(
        self, *, accounts: Accounts, sessions: Sessions, door: Doorkeeper, cookies: Cookies
    ) -> None:
        self._accounts = accounts
        self._sessions = sessions
        self._door = door
        self._cookies = cookies

    def routes(self) -> list[HTTPRouteHandler]:
        return [
            self._route("register", self.register, Kind.CONFLICT, Kind.FORBIDDEN, status=201),
            self._route("login", self.login, Kind.UNAUTHENTICATED, Kind.FORBIDDEN),
            self._route("refresh", self.refresh, Kind.UNAUTHENTICATED, Kind.FORBIDDEN),
            self._route("logout", self.logout, Kind.UNAUTHENTICATED, Kind.FORBIDDEN, status=204),
        ]

    def _route(
        self, name: str, handler: AsyncAnyCallable, *refusals: Kind, status: int = 200
    ) -> HTTPRouteHandler:
        """Open to all: these look for themselves at what is shown."""
        return route(
            "POST",
            f"{REFRESH_PATH}/{name}",
            handler,
            tag="auth",
            door=None,
            refusals=(*OPEN, *refusals),
            status=status,
        )

    async def register(self, request: JsonRequest, data: JSONBody[Register]) -> Response[SignedIn]:
        """Make an account, and sign it in."""
        signed_in = await self._accounts.register(
            username=data.username,
            email=data.email,
            password=data.password,
            display_name=data.display_name,
            device=_device(request, data.device),
        )
        return self._granted(request, signed_in)

    async def login(self, request: JsonRequest, data: JSONBody[Login]) -> Response[SignedIn]:
        """Sign in."""
        device = _device(request, data.device)
        signed_in = await self._accounts.login(data.login, data.password, device)
        return self._granted(request, signed_in)

    async def refresh(
        self, request: JsonRequest, data: JSONBody[Refresh | None] = None
    ) -> Response[Grant]:
        """Go on with new tokens; the refresh token shown is good no more."""
        token = self._refresh_token(request, data)
        return self._granted(request, await self._sessions.refresh(token, address(request)))

    async def logout(
        self, request: JsonRequest, data: JSONBody[Refresh | None] = None
    ) -> Response[None]:
        """End this session and close its sockets. A device whose access token has expired shows its refresh token."""
        try:
            await self._sessions.logout(await self._door.identity(request))
        except Unauthenticated:
            await self._sessions.logout_by(self._refresh_token(request, data))
        return Response(None, status_code=204, cookies=self._cookies.cleared())

    def _refresh_token(self, request: JsonRequest, data: Refresh | None) -> str:
        shown = data.refresh_token if data is not None else None
        return shown if shown is not None else self._door.refresh_cookie(request)

    def _granted(self, request: JsonRequest, grant: G) -> Response[G]:
        keep = self._door.may_keep_cookies(request)
        return Response(grant, cookies=self._cookies.of(grant) if keep else None)


def _device(request: JsonRequest, name: str | None) -> Device:
    """Where the client gives no name, its browser's."""
    if name is None:
        name = request.headers.get("user-agent", "")[:MOST_DEVICE_CHARS]
    return Device(name, address(request))
