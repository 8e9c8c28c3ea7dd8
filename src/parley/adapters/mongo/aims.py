"""Which entries are aimed at which message: one small document each, so that messages need no index for it."""

from collections.abc import Iterable, Sequence
from typing import Final, get_args

from pymongo import UpdateOne

from parley.adapters.mongo.client import Database, translated
from parley.model.entries import Entry
from parley.model.ids import ConversationId, message_id
from parley.model.messages import Aimed, target

AIMED: Final[Sequence[str]] = tuple(kind.__struct_config__.tag for kind in get_args(Aimed))
"""The types of entries that are aimed at a message."""


class Aims:
    def __init__(self, database: Database) -> None:
        self._documents = database.collection("aims")

    async def follow(self, entries: Iterable[Entry]) -> None:
        """Keep what these entries are aimed at. It may be repeated."""
        writes = [
            UpdateOne(
                {"_id": message_id(entry.conversation_id, entry.seq)},
                {
                    "$setOnInsert": {
                        "conversation_id": entry.conversation_id,
                        "message_seq": target(entry),
                        "seq": entry.seq,
                    }
                },
                upsert=True,
            )
            for entry in entries
            if target(entry)
        ]
        if writes:
            with translated():
                await self._documents.bulk_write(writes, ordered=False)

    async def at(self, conversation_id: ConversationId, message_seqs: Sequence[int]) -> list[int]:
        """The seqs of the entries aimed at these messages, as far as the view follows the log."""
        wanted = {"conversation_id": conversation_id, "message_seq": {"$in": list(message_seqs)}}
        with translated():
            found = self._documents.find(wanted, {"_id": 0, "seq": 1})
            return [document["seq"] async for document in found]
