"""Sessions in memory."""

from msgspec.structs import replace

from parley.model.ids import SessionId, UserId
from parley.model.sessions import Session
from parley.ports.sessions import SessionStore


class MemorySessions(SessionStore):
    def __init__(self) -> None:
        self._sessions: dict[SessionId, Session] = {}

    async def create(self, session: Session) -> None:
        self._sessions[session.session_id] = session

    async def get(self, session_id: SessionId) -> Session | None:
        return self._sessions.get(session_id)

    async def replace(self, before: Session, after: Session) -> bool:
        kept = self._sessions.get(before.session_id)
        if kept is None or (kept.current, kept.revoked) != (before.current, before.revoked):
            return False
        self._sessions[before.session_id] = after
        return True

    async def revoke(self, session_id: SessionId) -> bool:
        kept = self._sessions.get(session_id)
        if kept is None or kept.revoked:
            return False
        self._sessions[session_id] = replace(kept, revoked=True)
        return True

    async def of(self, user_id: UserId) -> list[Session]:
        live = [kept for kept in self._sessions.values() if kept.user_id == user_id]
        return sorted(
            (session for session in live if not session.revoked),
            key=lambda session: (-session.used_ms, session.session_id),
        )

    async def revoke_all(self, user_id: UserId, but: SessionId | None = None) -> list[SessionId]:
        live = [one.session_id for one in await self.of(user_id) if one.session_id != but]
        for session_id in live:
            await self.revoke(session_id)
        return live

    async def remove_all(self, user_id: UserId) -> list[SessionId]:
        gone = [key for key, kept in self._sessions.items() if kept.user_id == user_id]
        for session_id in gone:
            del self._sessions[session_id]
        return gone

    async def sweep(self, before_ms: int) -> int:
        gone = [key for key, kept in self._sessions.items() if kept.expires_ms < before_ms]
        for session_id in gone:
            del self._sessions[session_id]
        return len(gone)
