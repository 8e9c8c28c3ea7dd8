"""Who a socket belongs to: the token that its client connected with, never anything that it says later."""

from parley.model.errors import Unauthenticated
from parley.model.sessions import Identity
from parley.services.sessions import Sessions
from parley.socketio.socket import Socket

BEARER = "bearer "


class Authentication:
    """By `auth.token`, else by the Authorization header; never by the query string, which ends up in logs."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def __call__(self, socket: Socket) -> Identity:
        """The session that this socket is of.

        Raises:
            Unauthenticated: There is no token, or none that was ever good.
            TokenExpired: It was good once.
            SessionRevoked: Its session was ended.
        """
        token = (socket.handshake.auth or {}).get("token")
        if token is None:
            header = socket.handshake.headers.get("authorization", "")
            if header[: len(BEARER)].lower() == BEARER:
                token = header[len(BEARER) :].strip()
        if not isinstance(token, str):
            raise Unauthenticated
        return await self._sessions.authenticate(token)
