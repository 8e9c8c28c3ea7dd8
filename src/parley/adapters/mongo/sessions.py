"""Sessions, kept in MongoDB."""

import msgspec

from parley.adapters.mongo.client import Database, Document, Filter, translated
from parley.model.ids import SessionId, UserId
from parley.model.sessions import Session
from parley.ports.sessions import SessionStore


class MongoSessions(SessionStore):
    def __init__(self, database: Database) -> None:
        self._documents = database.collection("sessions")

    async def create(self, session: Session) -> None:
        with translated():
            await self._documents.insert_one(_document(session))

    async def get(self, session_id: SessionId) -> Session | None:
        with translated():
            found = await self._documents.find_one({"_id": session_id})
        return None if found is None else _session(found)

    async def replace(self, before: Session, after: Session) -> bool:
        still = {"_id": before.session_id, "current": before.current, "revoked": before.revoked}
        with translated():
            result = await self._documents.replace_one(still, _document(after))
        return result.matched_count == 1

    async def revoke(self, session_id: SessionId) -> bool:
        live = {"_id": session_id, "revoked": False}
        with translated():
            result = await self._documents.update_one(live, {"$set": {"revoked": True}})
        return result.matched_count == 1

    async def of(self, user_id: UserId) -> list[Session]:
        live = {"user_id": user_id, "revoked": False}
        with translated():
            found = [_session(document) async for document in self._documents.find(live)]
        return sorted(found, key=lambda session: (-session.used_ms, session.session_id))

    async def revoke_all(self, user_id: UserId, but: SessionId | None = None) -> list[SessionId]:
        live = await self._ids({"user_id": user_id, "revoked": False, "_id": {"$ne": but}})
        # One by one, so that each is named by who ended it, and by nobody else.
        return [session_id for session_id in live if await self.revoke(session_id)]

    async def remove_all(self, user_id: UserId) -> list[SessionId]:
        gone = await self._ids({"user_id": user_id})
        with translated():
            await self._documents.delete_many({"_id": {"$in": gone}})
        return gone

    async def sweep(self, before_ms: int) -> int:
        with translated():
            result = await self._documents.delete_many({"expires_ms": {"$lt": before_ms}})
        return result.deleted_count

    async def _ids(self, wanted: Filter) -> list[SessionId]:
        with translated():
            return [found["_id"] async for found in self._documents.find(wanted, {"_id": 1})]


def _document(session: Session) -> Document:
    document = msgspec.structs.asdict(session)
    return {"_id": document.pop("session_id"), **document}


def _session(document: Document) -> Session:
    return msgspec.convert({**document, "session_id": document["_id"]}, Session)
