"""Which edits and annotations a message had: one small document each, so that messages need no index for it."""

from collections.abc import Iterable, Sequence

from pymongo import UpdateOne

from parley.adapters.mongo.client import (
    DESCENDING,
    Database,
    translated,
    write_all,
)
from parley.model.contents import Revision
from parley.model.entries import Entry
from parley.model.ids import ConversationId, message_id


class Aims:
    def __init__(self, database: Database) -> None:
        self._documents = database.collection("aims")

    async def follow(self, entries: Iterable[Entry]) -> None:
        """Keep what those of these entries that are revisions are aimed at. It may be repeated."""
        writes = [
            UpdateOne(
                {"_id": message_id(entry.conversation_id, entry.seq)},
                {
                    "$setOnInsert": {
                        "conversation_id": entry.conversation_id,
                        "message_seq": entry.message_seq,
                        "seq": entry.seq,
                    }
                },
                upsert=True,
            )
            for entry in entries
            if isinstance(entry, Revision)
        ]
        await write_all(self._documents, writes, ordered=False)

    async def at(self, conversation_id: ConversationId, message_seqs: Sequence[int]) -> list[int]:
        """The seqs of these messages' revisions, as far as the view follows the log."""
        wanted = {"conversation_id": conversation_id, "message_seq": {"$in": list(message_seqs)}}
        found = self._documents.find(wanted, {"_id": 0, "seq": 1})
        with translated():
            return [document["seq"] async for document in found]

    async def last(
        self, conversation_id: ConversationId, message_seq: int, before: int, limit: int
    ) -> list[int]:
        """The seqs of a message's last revisions before a seq, the newest first, as far as the view follows the log."""
        wanted = {
            "conversation_id": conversation_id,
            "message_seq": message_seq,
            "seq": {"$lt": before},
        }
        found = self._documents.find(wanted, {"_id": 0, "seq": 1})
        with translated():
            newest_first = found.sort("seq", DESCENDING).limit(limit)
            return [document["seq"] async for document in newest_first]
