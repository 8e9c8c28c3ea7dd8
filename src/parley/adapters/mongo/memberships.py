"""Who is in which conversation: one document a person and conversation, kept when they have left.

`inside`, `role`, `joined_seq` and `left_seq` follow the log; `seq` is the last entry that they reflect. `pending` is
the token of an entry about this person that may be in the log without having been published yet: while it stands,
the document does not count and the log is asked instead.
"""

from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from typing import Final

from msgspec import Struct
from pymongo import UpdateMany, UpdateOne

from parley.adapters.mongo.client import (
    Database,
    Document,
    Filter,
    Write,
    translated,
    write_all,
)
from parley.model.conversations import Member
from parley.model.entries import (
    ConversationCreated,
    ConversationDeleted,
    Entry,
    MemberChanged,
    MemberJoined,
    MemberLeft,
    people_named,
)
from parley.model.ids import ConversationId, UserId
from parley.model.marks import Point


class Pointer(Struct, frozen=True):
    """What a person's document says of a conversation; of `inside` nothing while it is pending.

    `joined` is where they came in, `wrote` their last message; both as far as the view follows the log.
    """

    inside: bool
    pending: bool
    seq: int
    left_seq: int
    joined: Point
    wrote: Point

    def still(self, before: "Pointer | None") -> bool:
        """Whether this was so all the time since `before` was read, and counts."""
        return before is not None and not self.pending and before.seq == self.seq and self.inside


class Memberships:
    def __init__(self, database: Database) -> None:
        self._documents = database.collection("memberships")

    async def announce(self, tokens: Mapping[str, Entry]) -> None:
        """Mark, before these entries are appended, everyone whom they name as pending, each under its entry's token."""
        writes = [
            UpdateOne(
                {"_id": _id(entry.conversation_id, user_id)},
                {
                    "$set": {"pending": token},
                    "$setOnInsert": _absent(entry.conversation_id, user_id),
                },
                upsert=True,
            )
            for token, entry in tokens.items()
            for user_id in people_named(entry)
        ]
        await self._write(writes)

    async def settle(self, conversation_id: ConversationId, token: str) -> None:
        """Let the documents count again that are pending under this very token."""
        with translated():
            await self._documents.update_many(
                {"conversation_id": conversation_id, "pending": token}, {"$unset": {"pending": ""}}
            )

    async def follow(self, entries: Iterable[Entry]) -> None:
        """Apply entries of one conversation, ascending. Every write may be repeated, and come late."""
        writes: list[Write] = []
        for entry in entries:
            writes += _writes(entry)
            if isinstance(entry, MemberChanged) and entry.role == "owner":
                await self._write(writes)
                writes = await self._stepping_down(entry)
        await self._write(writes)

    async def _stepping_down(self, entry: MemberChanged) -> list[Write]:
        """What makes an admin of an owner who made another member one; the other's document says so already."""
        heir = _id(entry.conversation_id, entry.user_id)
        with translated():
            found = await self._documents.find_one({"_id": heir, "inside": True}, {"_id": 1})
        if found is None or entry.actor_id == entry.user_id:
            return []
        return [_set_role(entry, entry.actor_id, "admin", before="owner")]

    async def members(self, conversation_id: ConversationId) -> MutableMapping[UserId, Member]:
        """Who is in, as far as the documents follow the log."""
        found = self._documents.find({"conversation_id": conversation_id, "inside": True})
        with translated():
            return {
                UserId(document["user_id"]): Member(document["role"], document["joined_seq"])
                async for document in found
            }

    async def count(self, user_id: UserId, most: int) -> int:
        """In how many conversations a person is, as far as the documents follow the logs; it counts up to `most`."""
        wanted: Filter = {"user_id": user_id, "inside": True}
        with translated():
            return await self._documents.count_documents(wanted, limit=most)

    async def wrote(self, points: Mapping[ConversationId, Mapping[UserId, Point]]) -> None:
        """Keep where people wrote last. It may be repeated, and come late."""
        writes = [
            UpdateOne(
                {"_id": _id(conversation_id, user_id)},
                {"$max": {"wrote_seq": point.seq, "wrote_messages": point.messages}},
            )
            for conversation_id, people in points.items()
            for user_id, point in people.items()
        ]
        await write_all(self._documents, writes, ordered=False)

    async def around(
        self, conversation_ids: Sequence[ConversationId], user_ids: Sequence[UserId] | None = None
    ) -> dict[ConversationId, dict[UserId, Pointer]]:
        """Who is in these conversations, or pending; of these people, where they are given."""
        wanted: Filter = {"conversation_id": {"$in": list(conversation_ids)}, **_COUNTING}
        if user_ids is not None:
            wanted = {**wanted, "user_id": {"$in": list(user_ids)}}
        found: dict[ConversationId, dict[UserId, Pointer]] = {}
        with translated():
            async for document in self._documents.find(wanted):
                people = found.setdefault(ConversationId(document["conversation_id"]), {})
                people[UserId(document["user_id"])] = _pointer(document)
        return found

    async def of(
        self, user_id: UserId, conversation_ids: Sequence[ConversationId] | None = None
    ) -> dict[ConversationId, Pointer]:
        """A person's documents: those that say inside or are pending, or all there are of these conversations."""
        wanted: Filter = {"user_id": user_id, **_COUNTING}
        if conversation_ids is not None:
            wanted = {"user_id": user_id, "conversation_id": {"$in": list(conversation_ids)}}
        with translated():
            return {
                ConversationId(document["conversation_id"]): _pointer(document)
                async for document in self._documents.find(wanted)
            }

    async def _write(self, writes: Sequence[Write]) -> None:
        await write_all(self._documents, writes)


_COUNTING: Final[Filter] = {"$or": [{"inside": True}, {"pending": {"$exists": True}}]}


def _id(conversation_id: ConversationId, user_id: UserId) -> str:
    return f"{user_id}/{conversation_id}"


def _absent(conversation_id: ConversationId, user_id: UserId) -> Document:
    return {
        "user_id": user_id,
        "conversation_id": conversation_id,
        "inside": False,
        "seq": 0,
        "left_seq": 0,
        "joined_seq": 0,
        "joined_messages": 0,
        "wrote_seq": 0,
        "wrote_messages": 0,
    }


def _pointer(document: Document) -> Pointer:
    return Pointer(
        document["inside"],
        "pending" in document,
        document["seq"],
        document["left_seq"],
        Point(document["joined_seq"], document["joined_messages"]),
        Point(document["wrote_seq"], document["wrote_messages"]),
    )


def _writes(entry: Entry) -> list[Write]:
    match entry:
        case ConversationCreated():
            return [
                write for first in entry.members for write in _put(entry, first.user_id, first.role)
            ]
        case MemberJoined():
            return _put(entry, entry.user_id, entry.role)
        case MemberLeft():
            left = {"inside": False, "left_seq": entry.seq}
            writes: list[Write] = [_set(entry, entry.user_id, left)]
            if entry.owner_id is not None:
                writes.append(_set_role(entry, entry.owner_id, "owner"))
            return writes
        case MemberChanged():
            return [] if entry.role is None else [_set_role(entry, entry.user_id, entry.role)]
        case ConversationDeleted():
            every = {"conversation_id": entry.conversation_id, "seq": {"$lt": entry.seq}}
            return [UpdateMany(every, {"$set": {"inside": False, "seq": entry.seq}})]
        case _:
            return []


def _put(entry: Entry, user_id: UserId, role: str) -> list[Write]:
    there = UpdateOne(
        {"_id": _id(entry.conversation_id, user_id)},
        {"$setOnInsert": _absent(entry.conversation_id, user_id)},
        upsert=True,
    )
    values = {
        "inside": True,
        "role": role,
        "joined_seq": entry.seq,
        "joined_messages": entry.messages,
    }
    return [there, _set(entry, user_id, values)]


def _set(entry: Entry, user_id: UserId, values: Document) -> UpdateOne:
    key = {"_id": _id(entry.conversation_id, user_id), "seq": {"$lt": entry.seq}}
    return UpdateOne(key, {"$set": {**values, "seq": entry.seq}})


def _set_role(entry: Entry, user_id: UserId, role: str, *, before: str | None = None) -> UpdateOne:
    key = {"_id": _id(entry.conversation_id, user_id), "seq": {"$lt": entry.seq}, "inside": True}
    if before is not None:
        key["role"] = before
    return UpdateOne(key, {"$set": {"role": role, "seq": entry.seq}})
