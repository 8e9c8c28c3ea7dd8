"""Who is mentioned in which message, as it is now: one small document each, so that they can be counted."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from pymongo import DeleteMany, UpdateOne

from parley.adapters.mongo.client import (
    Database,
    Filter,
    translated,
    write_all,
)
from parley.adapters.mongo.entries import BRANCHES, Range, branch
from parley.model.entries import MessageNew
from parley.model.ids import ConversationId, UserId, message_id

MOST_COUNTED = 10_000
"""Of the mentions that one question is about: whoever has more unread ones is told of so many."""


class Mentions:
    def __init__(self, database: Database) -> None:
        self._documents = database.collection("mentions")

    async def add(self, messages: Iterable[MessageNew]) -> None:
        """Keep whom these messages mention, their senders apart. It may be repeated."""
        writes = [
            _there(message.conversation_id, message.seq, user_id)
            for message in messages
            for user_id in message.mentions
            if user_id != message.actor_id
        ]
        await write_all(self._documents, writes, ordered=False)

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
        writes = [_there(conversation_id, seq, user_id) for user_id in others]
        await write_all(self._documents, [*writes, DeleteMany(gone)])

    async def forget(self, conversation_id: ConversationId, seqs: Sequence[int]) -> None:
        """Keep nobody any more whom these messages mention."""
        gone = {"conversation_id": conversation_id, "seq": {"$in": list(seqs)}}
        with translated():
            await self._documents.delete_many(gone)

    async def count(
        self, user_id: UserId, wanted: Mapping[ConversationId, Range]
    ) -> Counter[ConversationId]:
        """How many messages in these ranges mention this person; of very many not all are counted."""
        found: Counter[ConversationId] = Counter()
        branches = [
            {"user_id": user_id, **branch(conversation_id, bounds)}
            for conversation_id, bounds in wanted.items()
        ]
        for start in range(0, len(branches), BRANCHES):
            pipeline: list[Filter] = [
                {"$match": {"$or": branches[start : start + BRANCHES]}},
                {"$limit": MOST_COUNTED},
                {"$group": {"_id": "$conversation_id", "count": {"$sum": 1}}},
            ]
            with translated():
                async for group in await self._documents.aggregate(pipeline):
                    found[group["_id"]] = group["count"]
        return found


def _there(conversation_id: ConversationId, seq: int, user_id: UserId) -> UpdateOne:
    fields = {"conversation_id": conversation_id, "seq": seq, "user_id": user_id}
    return UpdateOne(
        {"_id": f"{message_id(conversation_id, seq)}/{user_id}"},
        {"$setOnInsert": fields},
        upsert=True,
    )
