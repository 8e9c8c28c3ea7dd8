"""Blocks, kept in MongoDB: one document a blocking and a blocked person."""

from collections.abc import Collection

from pymongo import ReturnDocument

from parley.adapters.mongo.client import ASCENDING, Database, translated, upserting
from parley.model.blocks import Block
from parley.model.ids import UserId
from parley.ports.blocks import BlockStore


class MongoBlocks(BlockStore):
    def __init__(self, database: Database) -> None:
        self._database = database
        self._documents = database.collection("blocks")

    async def put(self, user_id: UserId, block: Block) -> Block:
        key = {"_id": _key(user_id, block.user_id)}
        first = {"user_id": user_id, "blocked_id": block.user_id, "since": block.since}
        found = await upserting(
            lambda: self._documents.find_one_and_update(
                key, {"$setOnInsert": first}, upsert=True, return_document=ReturnDocument.AFTER
            )
        )
        return block if found is None else Block(user_id=block.user_id, since=found["since"])

    async def remove(self, user_id: UserId, blocked_id: UserId) -> bool:
        with translated():
            result = await self._documents.delete_one({"_id": _key(user_id, blocked_id)})
        return result.deleted_count == 1

    async def page(self, user_id: UserId, after: str, limit: int) -> list[Block]:
        wanted = {"user_id": user_id, "blocked_id": {"$gt": after}}
        found = self._documents.find(wanted).sort("blocked_id", ASCENDING).limit(limit)
        with translated():
            return [
                Block(user_id=document["blocked_id"], since=document["since"])
                async for document in found
            ]

    async def of(self, user_id: UserId) -> set[UserId]:
        await self._database.confirm()  # messages are judged by it
        with translated():
            found = self._documents.find({"user_id": user_id}, {"_id": 0, "blocked_id": 1})
            return {UserId(document["blocked_id"]) async for document in found}

    async def blocking(self, user_id: UserId, others: Collection[UserId]) -> set[UserId]:
        wanted = {"_id": {"$in": [_key(other, user_id) for other in others]}}
        with translated():
            found = self._documents.find(wanted, {"user_id": 1})
            return {UserId(document["user_id"]) async for document in found}


def _key(user_id: UserId, blocked_id: UserId) -> str:
    return f"{user_id}/{blocked_id}"
