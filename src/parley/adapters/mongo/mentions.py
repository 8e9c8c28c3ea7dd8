"""Who is mentioned in which message, as it is now: one small document each, so that they can be counted."""

from collections.abc import Sequence

from pymongo import DeleteMany, UpdateOne

from parley.adapters.mongo.client import Database, Document, translated, upserting
from parley.model.ids import ConversationId, UserId, message_id


class Mentions:
    def __init__(self, database: Database) -> None:
        self._documents = database.collection("mentions")

    async def put(
        self,
        conversation_id: ConversationId,
        seq: int,
        actor_id: UserId,
        mentioned: Sequence[UserId],
    ) -> None:
        """Keep whom a message mentions, its sender apart, and nobody else any more. It may be repeated."""
        others = [user_id for user_id in mentioned if user_id != actor_id]
        gone = {"conversation_id": conversation_id, "seq": seq, "user_id": {"$nin": others}}
        writes: list[DeleteMany | UpdateOne] = [
            UpdateOne(
                {"_id": f"{message_id(conversation_id, seq)}/{user_id}"},
                {"$setOnInsert": _fields(conversation_id, seq, user_id)},
                upsert=True,
            )
            for user_id in others
        ]
        await upserting(lambda: self._documents.bulk_write([*writes, DeleteMany(gone)]))

    async def forget(self, conversation_id: ConversationId, seqs: Sequence[int]) -> None:
        """Keep nobody any more whom these messages mention."""
        gone = {"conversation_id": conversation_id, "seq": {"$in": list(seqs)}}
        with translated():
            await self._documents.delete_many(gone)

    async def count(
        self, user_id: UserId, conversation_id: ConversationId, after: int, last: int
    ) -> int:
        """How many messages after a seq, up to and with another one, mention this person."""
        wanted = {
            "user_id": user_id,
            "conversation_id": conversation_id,
            "seq": {"$gt": after, "$lte": last},
        }
        with translated():
            found = self._documents.find(wanted, {"_id": 1})
            return len(await found.to_list())


def _fields(conversation_id: ConversationId, seq: int, user_id: UserId) -> Document:
    return {"conversation_id": conversation_id, "seq": seq, "user_id": user_id}
