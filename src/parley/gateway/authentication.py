"""Who a socket belongs to: the token that its client connected with, never anything that it says later."""

from collections.abc import Mapping

from msgspec import Struct

from parley.model.errors import ForeignOrigin, Unauthenticated
from parley.model.origins import Origins
from parley.model.sessions import Identity
from parley.services.sessions import Sessions
from parley.socketio.socket import Socket

BEARER = "bearer "


class Admission(Struct, frozen=True):
    """Whose a socket is; `expires_ms` is when the token shown expires, None where the socket lives with its session."""

    identity: Identity
    expires_ms: int | None = None


class Authentication:
    """By `auth.token`, else the Authorization header, else the cookie; never the query string, which ends up in logs.

    A browser sends its cookie along whichever page connects, so that page must be one that may act for it.
    """

    def __init__(self, sessions: Sessions, *, cookie: str, origins: Origins) -> None:
        self._sessions = sessions
        self._cookie = cookie
        self._origins = origins

    async def __call__(self, socket: Socket) -> Admission:
        """The session that this socket is of.

        Raises:
            Unauthenticated: There is no token, or none that was ever good.
            TokenExpired: It was good once.
            SessionRevoked: Its session was ended.
            ForeignOrigin: It shows a cookie alone, from a page that may not act for this browser.
        """
        handshake = socket.handshake
        token = (handshake.auth or {}).get("token")
        if token is None:
            headers = handshake.headers  # parsed at each access
            token = _bearer(headers)
            if token is None:
                return Admission(await self._sessions.authenticate(self._from_cookie(headers)))
        if not isinstance(token, str):
            raise Unauthenticated
        return Admission(*await self._sessions.admit(token))

    def _from_cookie(self, headers: Mapping[str, str]) -> str:
        token = _cookies(headers.get("cookie", "")).get(self._cookie)
        if token is None:
            raise Unauthenticated
        if not self._origins.allows(
            headers.get("origin"), headers.get("host"), headers.get("sec-fetch-site")
        ):
            raise ForeignOrigin
        return token


def _bearer(headers: Mapping[str, str]) -> str | None:
    header = headers.get("authorization", "")
    if header[: len(BEARER)].lower() != BEARER:
        return None
    return header[len(BEARER) :].strip()


def _cookies(header: str) -> dict[str, str]:
    """By name; as RFC 6265, 4.2.1 has them sent, and whatever else is in between is left out."""
    pairs = (part.partition("=") for part in header.split(";"))
    return {name.strip(): value.strip() for name, equals, value in pairs if equals}
