"""Erasures, kept in MongoDB."""

from collections.abc import Mapping, Sequence

from pymongo import ReturnDocument

from parley.adapters.mongo.client import (
    ASCENDING,
    Database,
    Document,
    Filter,
    translated,
    upserting,
)
from parley.model.erasures import Erasure
from parley.model.ids import UserId
from parley.ports.erasures import ErasureStore


class MongoErasures(ErasureStore):
    def __init__(self, database: Database) -> None:
        self._database = database
        self._documents = database.collection("erasures")

    async def begin(self, user_id: UserId, now_ms: int, due_ms: int) -> None:
        first = {"$setOnInsert": {"begun_ms": now_ms, "due_ms": due_ms}}
        await upserting(lambda: self._documents.update_one({"_id": user_id}, first, upsert=True))
        with translated():
            await self._database.collection("accounts").delete_one({"_id": user_id})

    async def claim(self, now_ms: int, until_ms: int) -> Erasure | None:
        with translated():
            found = await self._documents.find_one_and_update(
                {"due_ms": {"$lte": now_ms}},
                {"$set": {"due_ms": until_ms}},
                sort=[("due_ms", ASCENDING)],
                return_document=ReturnDocument.AFTER,
            )
        return None if found is None else _erasure(found)

    async def postpone(self, user_id: UserId, due_ms: int) -> None:
        with translated():
            await self._documents.update_one({"_id": user_id}, {"$set": {"due_ms": due_ms}})

    async def forget(self, user_id: UserId) -> None:
        with translated():
            for name, filters in about(user_id).items():
                for wanted in filters:
                    await self._database.collection(name).delete_many(wanted)

    async def finish(self, user_id: UserId) -> None:
        with translated():
            await self._documents.delete_one({"_id": user_id})

    async def pending(self) -> list[Erasure]:
        with translated():
            return [
                _erasure(found) async for found in self._documents.find({"due_ms": {"$gte": 0}})
            ]


def about(user_id: UserId) -> Mapping[str, Sequence[Filter]]:
    """By collection, all that there is of a person beside logs and sessions."""
    # Their ids begin with the person's, then "/", which "0" follows.
    own: Filter = {"_id": {"$gte": f"{user_id}/", "$lt": f"{user_id}0"}}
    return {
        "accounts": [{"_id": user_id}],
        "people": [{"_id": user_id}],
        "codes": [{"user_id": user_id}],
        "mentions": [{"user_id": user_id}],
        "marks": [own],
        "preferences": [own],
        "contacts": [{"low_id": user_id}, {"high_id": user_id}],
        "blocks": [own, {"blocked_id": user_id}],
    }


def _erasure(document: Document) -> Erasure:
    return Erasure(user_id=document["_id"], begun_ms=document["begun_ms"])
