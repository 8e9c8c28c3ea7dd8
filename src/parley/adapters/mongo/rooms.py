"""The names of rooms, kept in MongoDB as `_id`s of claims, and their directory, which is in the views."""

import re
from collections.abc import Mapping
from typing import Any

from pymongo.errors import DuplicateKeyError

from parley.adapters.mongo.client import ASCENDING, Database, Document, Filter, translated
from parley.adapters.mongo.views import view_of
from parley.model.errors import Unavailable
from parley.model.ids import ConversationId
from parley.model.rooms import Room, as_room, room_key
from parley.ports.rooms import Claim, RoomStore

ROUNDS = 4


class MongoRooms(RoomStore):
    def __init__(self, database: Database) -> None:
        self._claims = database.collection("room_names")
        self._views = database.collection("conversations")

    async def claim(self, claim: Claim) -> Claim:
        for _ in range(ROUNDS):
            with translated():
                try:
                    await self._claims.insert_one({"_id": claim.name_key, **_fields(claim)})
                except DuplicateKeyError:
                    mine = {"_id": claim.name_key, "conversation_id": claim.conversation_id}
                    if await self._replaced(mine, claim):
                        return claim
                else:
                    return claim
            standing = await self.claimed(claim.name_key)
            if standing is not None and standing.conversation_id != claim.conversation_id:
                return standing
        raise Unavailable  # it was freed, and claimed by someone else, every time

    async def claimed(self, name_key: str) -> Claim | None:
        with translated():
            found = await self._claims.find_one({"_id": name_key})
        if found is None:
            return None
        return Claim(
            name_key,
            ConversationId(found["conversation_id"]),
            found["claimed_ms"],
            found["token"],
        )

    async def take_over(self, standing: Claim, claim: Claim) -> bool:
        with translated():
            return await self._replaced({"_id": claim.name_key, "token": standing.token}, claim)

    async def release(self, claim: Claim) -> None:
        with translated():
            await self._claims.delete_one({"_id": claim.name_key, "token": claim.token})

    async def page(self, query: str, after: str, limit: int) -> list[Room]:
        if limit <= 0 or "\0" in query:  # which no name holds, and no pattern may
            return []
        wanted: Filter = {
            "directory_key": {"$gt": after},
            "name_key": {"$regex": "(^| )" + re.escape(room_key(query))},
        }
        found = self._views.find(wanted).sort("directory_key", ASCENDING).limit(limit)
        with translated():
            return [_room(document) async for document in found]

    async def _replaced(self, standing: Mapping[str, Any], claim: Claim) -> bool:
        result = await self._claims.update_one(standing, {"$set": _fields(claim)})
        return result.matched_count == 1


def _fields(claim: Claim) -> Document:
    return {
        "conversation_id": claim.conversation_id,
        "claimed_ms": claim.claimed_ms,
        "token": claim.token,
    }


def _room(document: Document) -> Room:
    view = view_of(document)
    return as_room(view.state, view.member_count)
