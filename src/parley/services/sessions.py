"""Sessions: who is asking, for how long, and how it ends."""

from parley.model.errors import SessionRevoked, Unauthenticated, Unavailable
from parley.model.ids import SessionId, UserId
from parley.model.sessions import Grant, Identity, Reused, Session, rotated, session_of
from parley.ports.bus import Bus, Signal
from parley.ports.bus import SessionRevoked as Revoked
from parley.ports.clock import Clock
from parley.ports.sessions import SessionStore
from parley.ports.tokens import Tokens

ROUNDS = 3
"""One rotates, one meets who was faster, one for a revocation in between."""


class Sessions:
    """Authenticates requests from memory; each session costs the store one read until it is forgotten.

    `session_lifetime_s` is how long a session lives without being refreshed. At most `most_known` sessions are
    remembered, ended ones included, so that what a slow read says of a session can't outlive its revocation.
    """

    def __init__(
        self,
        *,
        sessions: SessionStore,
        tokens: Tokens,
        bus: Bus,
        clock: Clock,
        session_lifetime_s: int,
        most_known: int = 100_000,
    ) -> None:
        self._sessions = sessions
        self._tokens = tokens
        self._bus = bus
        self._clock = clock
        self._lifetime_ms = session_lifetime_s * 1000
        self._most_known = most_known
        self._alive: dict[SessionId, bool] = {}
        bus.subscribe(on_signal=self._heard)

    async def authenticate(self, access_token: str) -> Identity:
        """Who shows this token.

        Raises:
            TokenExpired: It was good once; refresh it.
            SessionRevoked: Its session was ended.
            Unauthenticated: It was never good.
        """
        return (await self.admit(access_token))[0]

    async def admit(self, access_token: str) -> tuple[Identity, int]:
        """As `authenticate`, and when the token expires (milliseconds since 1970): for what outlives a request."""
        identity, expires_ms = self._tokens.verify(access_token, self._clock.now_ms())
        alive = self._alive.get(identity.session_id)
        if alive is None:
            alive = await self._load(identity.session_id)
        if not alive:
            raise SessionRevoked
        return identity, expires_ms

    async def refresh(self, refresh_token: str) -> Grant:
        """Replace the refresh token shown by the next one, and give a new access token.

        Of several at once all get the same next token. A token replaced longer ago ends the session.

        Raises:
            SessionRevoked: The session was ended, now or before.
            TokenExpired: It was not refreshed for its whole lifetime; sign in.
            Unauthenticated: There is no such session.
            Unavailable: Others kept changing it.
        """
        session_id = session_of(refresh_token)
        for _ in range(ROUNDS):
            session = await self._sessions.get(session_id)
            if session is None:
                raise Unauthenticated
            now_ms = self._clock.now_ms()
            try:
                after, successor = rotated(
                    session, refresh_token, now_ms=now_ms, lifetime_ms=self._lifetime_ms
                )
            except Reused:
                await self._end(session)
                raise SessionRevoked from None
            if after is session or await self._sessions.replace(session, after):
                return self._grant(session, successor, now_ms)
        raise Unavailable("This session is changing; try again.")

    async def logout(self, identity: Identity) -> None:
        """End the session that is asking. Doing so twice is no error."""
        if await self._sessions.revoke(identity.session_id):
            self._bus.signal(Revoked(identity.user_id, identity.session_id))

    async def logout_by(self, refresh_token: str) -> None:
        """End the session that this refresh token keeps, for a device whose access token has expired.

        Raises:
            Unauthenticated: There is no such session.
        """
        session = await self._sessions.get(session_of(refresh_token))
        if session is None:
            raise Unauthenticated
        await self._end(session)

    async def end_all(self, user_id: UserId, but: SessionId | None = None) -> None:
        """End every session of a person and close their sockets, one excepted where it is named."""
        for session in await self._sessions.of(user_id):
            if session.session_id != but:
                await self._end(session)

    async def _end(self, session: Session) -> None:
        await self.logout(Identity(session.user_id, session.session_id))

    async def _load(self, session_id: SessionId) -> bool:
        session = await self._sessions.get(session_id)
        alive = session is not None and not session.revoked
        # Who was heard to have ended during the read stays ended, whatever the read says.
        alive = self._alive.setdefault(session_id, alive)
        self._forget_oldest()
        return alive

    def _heard(self, signal: Signal) -> None:
        if isinstance(signal, Revoked):
            self._alive[signal.session_id] = False
            self._forget_oldest()

    def _forget_oldest(self) -> None:
        if len(self._alive) > self._most_known:
            del self._alive[next(iter(self._alive))]

    def _grant(self, session: Session, refresh_token: str, now_ms: int) -> Grant:
        identity = Identity(session.user_id, session.session_id)
        access_token, expires_in = self._tokens.issue(identity, now_ms)
        return Grant(access_token=access_token, expires_in=expires_in, refresh_token=refresh_token)
