"""Marks, kept in MongoDB, and how people stand by them."""

from collections.abc import Mapping, Sequence

import msgspec
from pymongo import ReturnDocument, UpdateOne

from parley.adapters.mongo.client import (
    Database,
    Document,
    translated,
    upserting,
    write_all,
)
from parley.adapters.mongo.inside import Inside, Presented
from parley.adapters.mongo.mentions import Mentions
from parley.model.ids import ConversationId, UserId
from parley.model.marks import Mark, Point, Standing, position
from parley.ports.marks import MarkStore, Move


class MongoMarks(MarkStore):
    def __init__(self, database: Database, inside: Inside, mentions: Mentions) -> None:
        self._database = database
        self._documents = database.collection("marks")
        self._inside = inside
        self._mentions = mentions

    async def advance(self, moves: Sequence[Move]) -> Sequence[Move]:
        # However many they are: what is kept, one bulk of those ahead of it, and what is kept then.
        before = await self._kept(moves)
        ahead = [move for move in moves if _is_ahead(move, before.get(_id(move), Mark()))]
        if not ahead:
            return []
        writes = [
            UpdateOne({"_id": _id(move)}, _update(move, {"$max": _fields(move.mark)}), upsert=True)
            for move in ahead
        ]
        await write_all(self._documents, writes, ordered=False)
        after = await self._kept(ahead)
        return [Move(move.conversation_id, move.user_id, after[_id(move)]) for move in ahead]

    async def rewind(self, move: Move) -> Mark:
        asked = _fields(move.mark)
        back = {name: asked.pop(name) for name in ("read", "messages")}
        found = await upserting(
            lambda: self._documents.find_one_and_update(
                {"_id": _id(move)},
                _update(move, {"$set": back, "$max": asked}),
                upsert=True,
                return_document=ReturnDocument.AFTER,
            )
        )
        return _mark(found)

    async def of(
        self, conversation_id: ConversationId, user_ids: Sequence[UserId]
    ) -> Mapping[UserId, Mark]:
        wanted = {"_id": {"$in": [f"{user_id}/{conversation_id}" for user_id in user_ids]}}
        with translated():
            return {
                UserId(found["user_id"]): _mark(found)
                async for found in self._documents.find(wanted)
            }

    async def standings(
        self, user_id: UserId, conversation_ids: Sequence[ConversationId]
    ) -> Mapping[ConversationId, Standing]:
        await self._database.confirm()
        presented = await self._inside.presented(user_id, conversation_ids)
        wanted = {"_id": {"$in": [f"{user_id}/{one}" for one in presented]}}
        with translated():
            marks = {
                found["conversation_id"]: _mark(found)
                async for found in self._documents.find(wanted)
            }
        places = {
            conversation_id: position(
                marks.get(conversation_id, Mark()), [presence.joined, presence.wrote]
            )
            for conversation_id, presence in presented.items()
        }
        mentions = await self._mentions.count(
            user_id,
            {
                conversation_id: (places[conversation_id].seq, presence.applied)
                for conversation_id, presence in presented.items()
                if presence.messages > places[conversation_id].messages
            },
        )
        return {
            conversation_id: _standing(
                presence,
                marks.get(conversation_id, Mark()),
                places[conversation_id],
                mentions[conversation_id],
            )
            for conversation_id, presence in presented.items()
        }

    async def _kept(self, moves: Sequence[Move]) -> Mapping[str, Mark]:
        wanted = {"_id": {"$in": [_id(move) for move in moves]}}
        with translated():
            return {found["_id"]: _mark(found) async for found in self._documents.find(wanted)}


def _standing(here: Presented, mark: Mark, place: Point, mentions: int) -> Standing:
    """`mentions` are those that the view knows of. The place was read later, and may be beyond it."""
    head = max(Point(here.head, here.messages), place)
    unread = head.messages - place.messages
    return Standing(
        conversation_id=here.conversation_id,
        head=head.seq,
        delivered=max(mark.delivered, place.seq),
        read=place.seq,
        unread=unread,
        mentions=mentions + sum(seq > place.seq for seq in here.mentioned) if unread else 0,
    )


def _id(move: Move) -> str:
    return f"{move.user_id}/{move.conversation_id}"


def _is_ahead(move: Move, kept: Mark) -> bool:
    return kept.joined(move.mark) != kept


def _fields(mark: Mark) -> Document:
    return msgspec.structs.asdict(mark)


def _update(move: Move, update: Document) -> Document:
    first = {"user_id": move.user_id, "conversation_id": move.conversation_id}
    return {**update, "$setOnInsert": first}


def _mark(document: Document | None) -> Mark:
    if document is None:
        return Mark()
    return Mark(**{name: document.get(name, 0) for name in Mark.__struct_fields__})
