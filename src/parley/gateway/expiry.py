"""Bearer sockets whose access token expires: their clients are told, and cut where they bring no new one."""

import math
from collections.abc import Callable
from functools import partial
from typing import Final

import msgspec
from msgspec import Struct

from parley.gateway.authentication import Admission
from parley.gateway.connection import Connection
from parley.gateway.pushes import Expiring
from parley.model.errors import Forbidden
from parley.ports.clock import Clock
from parley.ports.timers import After
from parley.services.sessions import Sessions
from parley.socketio.namespace import Namespace

GRACE_S: Final = 60


class Refreshed(Struct, frozen=True):
    """In how many seconds the new token expires."""

    expires_in: int


class Expiry:
    """One timer a bearer socket; a cookie's socket has none, since it lives with its session."""

    def __init__(
        self, *, namespace: Namespace, sessions: Sessions, clock: Clock, after: After
    ) -> None:
        self._namespace = namespace
        self._sessions = sessions
        self._clock = clock
        self._after = after

    def begin(self, connection: Connection, admission: Admission) -> None:
        """Follow the token that this socket came with."""
        if admission.expires_ms is not None:
            self._follow(connection, admission.expires_ms)

    def end(self, connection: Connection) -> None:
        """Forget a socket that is gone."""
        if connection.expiry is not None:
            connection.expiry.cancel()
            connection.expiry = None

    async def refresh(self, connection: Connection, token: str) -> Refreshed:
        """Follow this token from now on.

        Raises:
            Unauthenticated: It was never good.
            TokenExpired: It was good once.
            SessionRevoked: The session was ended.
            Forbidden: It is of another session.
        """
        identity, expires_ms = await self._sessions.admit(token)
        if (identity.user_id, identity.session_id) != (connection.user_id, connection.session_id):
            raise Forbidden("This token is of another session; connect anew with it.")
        if connection.expiry is not None:
            self._follow(connection, expires_ms)
        return Refreshed(math.floor((expires_ms - self._clock.now_ms()) / 1000))

    def _follow(self, connection: Connection, expires_ms: int) -> None:
        remaining_s = max(0.0, (expires_ms - self._clock.now_ms()) / 1000)
        self._next(connection, remaining_s, self._warn)

    def _next(
        self, connection: Connection, seconds: float, step: Callable[[Connection], None]
    ) -> None:
        if connection.expiry is not None:
            connection.expiry.cancel()
        connection.expiry = self._after(seconds, partial(step, connection))

    def _warn(self, connection: Connection) -> None:
        push = msgspec.json.encode(Expiring(GRACE_S))
        connection.socket.push(self._namespace.encode("auth.expiring", push))
        self._next(connection, GRACE_S, _cut)


def _cut(connection: Connection) -> None:
    """Its client comes back by itself, with a token that is good."""
    connection.socket.cut()
