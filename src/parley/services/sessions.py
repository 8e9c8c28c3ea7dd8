"""Sessions: who is asking, for how long, from which devices, and how it ends."""

from collections.abc import Iterable

from parley.model.buckets import Buckets
from parley.model.errors import (
    NotFound,
    RateLimited,
    SessionRevoked,
    Unauthenticated,
    Unavailable,
)
from parley.model.ids import RandomBytes, SessionId, UserId
from parley.model.sessions import (
    MOST_DEVICE_CHARS,
    Device,
    Grant,
    Identity,
    Reused,
    Session,
    SessionView,
    as_view,
    opened,
    rotated,
    session_of,
)
from parley.model.texts import check_text
from parley.model.tries import network
from parley.ports.bus import Bus, Signal
from parley.ports.bus import SessionRevoked as Revoked
from parley.ports.clock import Clock
from parley.ports.sessions import SessionKeeping, SessionStore
from parley.ports.tokens import Tokens

ROUNDS = 3
"""One rotates, one meets who was faster, one for a revocation in between."""

REFRESHES = 30
REFRESHES_PER_MINUTE = 20
"""Of one session: its tabs refresh at once, and then not for minutes."""

STRAY_REFRESHES = 60
STRAY_REFRESHES_PER_MINUTE = 30
"""From one address, of those alone that are refused: each costs the store a read."""


class Sessions(SessionKeeping):
    """Authenticates requests from memory; each session costs the store one read until it is forgotten.

    `session_lifetime_s` is how long a session lives without being refreshed, `most_sessions` how many a person may
    have. At most `most_known` sessions are remembered, ended ones included, so that what a slow read says of a session
    can't outlive its revocation.
    """

    def __init__(
        self,
        *,
        sessions: SessionStore,
        tokens: Tokens,
        bus: Bus,
        clock: Clock,
        random: RandomBytes,
        session_lifetime_s: int,
        most_sessions: int = 50,
        most_known: int = 100_000,
    ) -> None:
        self._sessions = sessions
        self._tokens = tokens
        self._bus = bus
        self._clock = clock
        self._random = random
        self._lifetime_ms = session_lifetime_s * 1000
        self._most_sessions = most_sessions
        self._most_known = most_known
        self._alive: dict[SessionId, bool] = {}
        self._refreshes = Buckets(burst=REFRESHES, per_minute=REFRESHES_PER_MINUTE)
        self._strays = Buckets(burst=STRAY_REFRESHES, per_minute=STRAY_REFRESHES_PER_MINUTE)
        bus.subscribe(on_signal=self._heard)

    # --- beginning and going on -------------------------------------------------------------------------------------

    async def open(self, user_id: UserId, device: Device) -> tuple[Identity, Grant]:
        """Sign a device in. Past the most sessions of a person, the one longest unused ends.

        Raises:
            Invalid: The device's name is no text that can be kept.
        """
        check_text(device.name, "device", most_chars=MOST_DEVICE_CHARS, blank=True)
        now_ms = self._clock.now_ms()
        session, refresh_token = opened(
            user_id,
            device=device,
            now_ms=now_ms,
            lifetime_ms=self._lifetime_ms,
            random=self._random,
        )
        await self._sessions.create(session)
        for old in (await self._live(user_id))[self._most_sessions :]:
            await self._end(old)
        return Identity(user_id, session.session_id), self._grant(session, refresh_token, now_ms)

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

    async def refresh(self, refresh_token: str, address: str = "") -> Grant:
        """Replace the refresh token shown by the next one, and give a new access token.

        Of several at once all get the same next token, and who lost the answer gets another one by showing the same
        token again. One whose successor was used, or took another's place, ends the session.

        Raises:
            SessionRevoked: The session was ended, now or before.
            TokenExpired: It was not refreshed for its whole lifetime; sign in.
            Unauthenticated: There is no such session.
            RateLimited: Too many of this session, or too many that were refused from this address.
            Unavailable: Others kept changing it.
        """
        session_id = session_of(refresh_token)
        now, asking = self._clock.monotonic(), network(address)
        _wait_for(self._strays.take(asking, now))
        refused = False
        try:
            _wait_for(self._refreshes.take(session_id, now))
            return await self._rotate(session_id, refresh_token, address)
        except Unauthenticated:
            refused = True
            raise
        finally:
            if not refused:
                self._strays.give(asking)

    async def _rotate(self, session_id: SessionId, refresh_token: str, address: str) -> Grant:
        for _ in range(ROUNDS):
            session = await self._sessions.get(session_id)
            if session is None:
                raise Unauthenticated
            now_ms = self._clock.now_ms()
            try:
                after, successor = rotated(
                    session,
                    refresh_token,
                    address=address,
                    now_ms=now_ms,
                    lifetime_ms=self._lifetime_ms,
                    random=self._random,
                )
            except Reused:
                await self._end(session)
                raise SessionRevoked from None
            if after is session or await self._sessions.replace(session, after):
                return self._grant(session, successor, now_ms)
        raise Unavailable("This session is changing; try again.")

    # --- the list ---------------------------------------------------------------------------------------------------

    async def mine(self, identity: Identity) -> list[SessionView]:
        """The devices on which the person who asks is signed in, latest used first."""
        live = await self._live(identity.user_id)
        return [as_view(session, identity.session_id) for session in live]

    # --- ending -----------------------------------------------------------------------------------------------------

    async def end(self, identity: Identity, session_id: SessionId) -> None:
        """End a session of the person who asks, and close its sockets.

        Raises:
            NotFound: They have no such session, or it has ended.
        """
        if session_id not in {session.session_id for session in await self._live(identity.user_id)}:
            raise NotFound("You have no such session.")
        await self.logout(Identity(identity.user_id, session_id))

    async def logout(self, identity: Identity) -> None:
        """End the session that is asking, and close its sockets. Doing so twice is no error."""
        if await self._sessions.revoke(identity.session_id):
            self._tell(identity.user_id, [identity.session_id])

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
        self._tell(user_id, await self._sessions.revoke_all(user_id, but))

    async def remove_all(self, user_id: UserId) -> None:
        """As `end_all`, and nothing of them is kept."""
        self._tell(user_id, await self._sessions.remove_all(user_id))

    async def sweep(self) -> None:
        """Remove those that expired."""
        await self._sessions.sweep(self._clock.now_ms())

    async def _end(self, session: Session) -> None:
        await self.logout(Identity(session.user_id, session.session_id))

    def _tell(self, user_id: UserId, session_ids: Iterable[SessionId]) -> None:
        for session_id in session_ids:
            self._bus.signal(Revoked(user_id, session_id))

    # --- reading ----------------------------------------------------------------------------------------------------

    async def _live(self, user_id: UserId) -> list[Session]:
        now_ms = self._clock.now_ms()
        return [one for one in await self._sessions.of(user_id) if one.expires_ms > now_ms]

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


def _wait_for(seconds: int) -> None:
    if seconds:
        raise RateLimited(retry_after=seconds)
