"""The reactions that stand: one small document each; and what else became of messages.

A document keeps the last word of a person and emoji, taken back or not, so that it may be written in any order. The
row of a message says which entry was aimed at it last, in `touched_seq`.
"""

from collections.abc import Iterable, Mapping, Sequence

from pymongo import UpdateOne

from parley.adapters.mongo.client import Database, Document, translated, write_all
from parley.adapters.mongo.entries import AIMED, Entries
from parley.model.entries import Entry, ReactionAdded, ReactionRemoved
from parley.model.ids import ConversationId, UserId, message_id
from parley.model.messages import Aftermath, target

TOGETHER = 500


class Reactions:
    def __init__(self, database: Database, entries: Entries) -> None:
        self._documents = database.collection("reactions")
        self._entries = entries

    async def follow(self, entries: Iterable[Entry]) -> None:
        """Keep what these entries say of messages. It may be repeated, in any company."""
        aimed = [entry for entry in entries if target(entry)]
        writes = [
            write
            for entry in aimed
            if isinstance(entry, ReactionAdded | ReactionRemoved)
            for write in _last_word(entry)
        ]
        await write_all(self._documents, writes)
        await write_all(self._entries.rows, [_touch(entry) for entry in aimed], ordered=False)

    async def put(self, entries: Iterable[Entry]) -> None:
        """Keep the reactions of these entries, ascending, where nobody else writes; rows know of them already."""
        last = {
            _key(entry): entry
            for entry in entries
            if isinstance(entry, ReactionAdded | ReactionRemoved)
        }
        writes = [
            UpdateOne({"_id": key}, {"$set": _fields(entry)}, upsert=True)
            for key, entry in last.items()
        ]
        await write_all(self._documents, writes, ordered=False)

    async def standing(
        self, conversation_id: ConversationId, message_seqs: Sequence[int]
    ) -> Mapping[int, Mapping[str, Mapping[UserId, int]]]:
        """The reactions to these messages that stand, as far as the documents follow the log."""
        wanted = {
            "conversation_id": conversation_id,
            "message_seq": {"$in": list(message_seqs)},
            "here": True,
        }
        found: dict[int, dict[str, dict[UserId, int]]] = {}
        with translated():
            async for one in self._documents.find(wanted):
                people = found.setdefault(one["message_seq"], {}).setdefault(one["emoji"], {})
                people[UserId(one["user_id"])] = one["seq"]
        return found

    async def of(
        self, conversation_id: ConversationId, message_seqs: Sequence[int], pins: Iterable[int]
    ) -> dict[int, Aftermath]:
        """What became of these messages, as far as documents, rows and `pins` follow the log."""
        standing = await self.standing(conversation_id, message_seqs)
        touched = await self._entries.touched(conversation_id, message_seqs)
        pinned = set(pins)
        return {
            seq: Aftermath({}, False, True, touched_seq)
            if deleted
            else Aftermath(standing.get(seq, {}), seq in pinned, False, touched_seq)
            for seq, (touched_seq, deleted) in touched.items()
        }


def _last_word(entry: ReactionAdded | ReactionRemoved) -> list[UpdateOne]:
    key, fields = _key(entry), _fields(entry)
    return [
        UpdateOne({"_id": key}, {"$setOnInsert": {**fields, "here": False, "seq": 0}}, upsert=True),
        UpdateOne({"_id": key, "seq": {"$lt": entry.seq}}, {"$set": fields}),
    ]


def _key(entry: ReactionAdded | ReactionRemoved) -> str:
    place = message_id(entry.conversation_id, entry.message_seq)
    return f"{place}/{entry.actor_id}/{entry.emoji}"


def _fields(entry: ReactionAdded | ReactionRemoved) -> Document:
    return {
        "conversation_id": entry.conversation_id,
        "message_seq": entry.message_seq,
        "user_id": entry.actor_id,
        "emoji": entry.emoji,
        "here": isinstance(entry, ReactionAdded),
        "seq": entry.seq,
    }


def _touch(entry: Entry) -> UpdateOne:
    row = {"conversation_id": entry.conversation_id, "seq": target(entry), "type": "message.new"}
    return UpdateOne(row, {"$max": {"touched_seq": entry.seq}})


async def fill(database: Database) -> None:
    """Write what follows from the entries of a database that had no such documents yet; the step to version 2."""
    entries = Entries(database)
    reactions = Reactions(database, entries)
    after = ConversationId("")
    while page := await entries.conversations(after, TOGETHER):
        for conversation_id in page:
            records = await entries.of_types(conversation_id, {"$gt": 0}, AIMED)
            for start in range(0, len(records), TOGETHER):
                await reactions.follow(record.entry for record in records[start : start + TOGETHER])
        after = page[-1]
