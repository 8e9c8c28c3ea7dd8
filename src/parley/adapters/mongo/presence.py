"""How people want to appear, and when they were last seen, kept in MongoDB: one document a person."""

from collections.abc import Collection, Mapping

from pymongo import UpdateOne

from parley.adapters.mongo.client import (
    Database,
    Document,
    translated,
    upserting,
    write_all,
)
from parley.model.ids import UserId
from parley.model.presence import Chosen, Kept
from parley.ports.presence import PresenceStore, Sighting


class MongoPresence(PresenceStore):
    def __init__(self, database: Database) -> None:
        self._documents = database.collection("people")

    async def get(self, user_ids: Collection[UserId]) -> Mapping[UserId, Kept]:
        kept = {user_id: Kept() for user_id in user_ids}
        with translated():
            async for found in self._documents.find({"_id": {"$in": list(user_ids)}}):
                kept[found["_id"]] = Kept(
                    found.get("chosen", Kept().chosen), found.get("last_seen_ms")
                )
        return kept

    async def choose(self, user_id: UserId, chosen: Chosen) -> None:
        await upserting(
            lambda: self._documents.update_one(
                {"_id": user_id}, {"$set": {"chosen": chosen}}, upsert=True
            )
        )

    async def note(self, sightings: Mapping[UserId, Sighting]) -> None:
        writes = [
            UpdateOne({"_id": user_id}, _update(sighting), upsert=True)
            for user_id, sighting in sightings.items()
        ]
        await write_all(self._documents, writes, ordered=False)

    async def connected(self) -> set[UserId]:
        with translated():
            found = self._documents.find({"connected": True}, {"_id": 1})
            return {UserId(document["_id"]) async for document in found}


def _update(sighting: Sighting) -> Document:
    update: Document = {"$set": {"connected": sighting.connected}}
    if sighting.seen_ms is not None:
        update["$max"] = {"last_seen_ms": sighting.seen_ms}
    return update
