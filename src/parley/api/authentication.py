"""Who is asking: by a bearer token, or by a browser's cookies."""

from parley.api.cookies import Cookies
from parley.api.requests import AnyRequest, address
from parley.model.errors import ForeignOrigin, Unauthenticated
from parley.model.origins import Origins
from parley.model.rates import Rate, unlimited
from parley.model.sessions import Identity
from parley.services.sessions import Sessions

SAFE_METHODS = frozenset(("GET", "HEAD"))


class Doorkeeper:
    """Stands before the routes of those signed in; looks in memory only, for sessions known to this node.

    A browser sends cookies along whoever made it ask. So where they are all that a request shows, and it would change
    something, it must come from a page that is allowed to.

    `asking` bounds how often a person may ask, and how often an address without showing who asks.
    """

    def __init__(
        self,
        *,
        sessions: Sessions,
        cookies: Cookies,
        origins: Origins,
        asking: Rate = unlimited,
    ) -> None:
        self._sessions = sessions
        self._asking = asking
        self._cookies = cookies
        self._origins = origins

    async def __call__(self, request: AnyRequest) -> None:
        """Let the request pass, with `user` set.

        Raises:
            Unauthenticated: It shows no token, or one that is no good (any more); its code says which.
            ForeignOrigin: It comes from a page that may not act for this browser.
            RateLimited: This person, or this address without showing who, asks too often.
        """
        try:
            identity = await self.identity(request)
        except Unauthenticated:
            self._asking(("address", address(request)))
            raise
        self._asking(identity.user_id)
        request.scope["user"] = identity

    async def identity(self, request: AnyRequest) -> Identity:
        """Who asks; raises as calling it does."""
        return await self._sessions.authenticate(self._access_token(request))

    def refresh_cookie(self, request: AnyRequest) -> str:
        """The refresh token of a browser.

        Raises:
            Unauthenticated: There is none.
            ForeignOrigin: It comes from a page that may not act for this browser.
        """
        return self._cookie(request, self._cookies.refresh_name)

    def may_keep_cookies(self, request: AnyRequest) -> bool:
        """Whether the answer may sign the browser in: no foreign page shall sign it in as somebody else."""
        origin = request.headers.get("origin")
        return origin is None or self._origins.allows(origin, request.headers.get("host"))

    def _access_token(self, request: AnyRequest) -> str:
        shown = request.headers.get("authorization")
        if shown is None:
            return self._cookie(request, self._cookies.access_name)
        scheme, _, token = shown.partition(" ")
        if scheme.lower() != "bearer":
            raise Unauthenticated
        return token.strip()

    def _cookie(self, request: AnyRequest, name: str) -> str:
        token = request.cookies.get(name)
        if token is None:
            raise Unauthenticated
        headers = request.headers
        if request.method not in SAFE_METHODS and not self._origins.allows(
            headers.get("origin"), headers.get("host")
        ):
            raise ForeignOrigin
        return token
