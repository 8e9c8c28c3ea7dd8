"""The rows of entries: put in, and read by conversation, as they are kept."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, get_args

from parley.adapters.mongo.client import (
    ASCENDING,
    DESCENDING,
    Database,
    Document,
    Filter,
    translated,
)
from parley.adapters.mongo.documents import conversation_of, record_of
from parley.model.ids import ConversationId, UserId
from parley.model.messages import Aimed
from parley.ports.log import Record

BRANCHES = 200
"""So many ranges are asked for at once; MongoDB plans each branch of an `$or` by itself."""

OUTLINE: Final = ("conversation_id", "seq", "type", "at", "actor_id", "messages", "mentions")

AIMED: Final[Sequence[str]] = tuple(kind.__struct_config__.tag for kind in get_args(Aimed))
"""The types of entries that are aimed at a message."""

Range = tuple[int, int | None]
"""After this seq, up to and with that one."""


class Entries:
    def __init__(self, database: Database) -> None:
        self.rows = database.collection("entries")

    async def after(
        self, conversation_id: ConversationId, after: int, limit: int | None = None
    ) -> list[Record]:
        """The records after a seq, ascending."""
        if limit is not None and limit <= 0:
            return []
        found = self.rows.find({"conversation_id": conversation_id, "seq": {"$gt": after}})
        found = found.sort("seq", ASCENDING).limit(limit or 0)
        with translated():
            return [record_of(document) async for document in found]

    async def head(self, conversation_id: ConversationId) -> int:
        """The seq of the last entry; 0 where there is none."""
        with translated():
            found = await self.rows.find_one(
                {"conversation_id": conversation_id},
                {"_id": 0, "seq": 1},
                sort=[("seq", DESCENDING)],
            )
        return int(found["seq"]) if found else 0

    async def of_types(
        self,
        conversation_id: ConversationId,
        seqs: Mapping[str, int],
        types: Sequence[str],
        *,
        newest: bool = False,
        limit: int = 0,
    ) -> list[Record]:
        """The records of these types within these bounds of seq, from the oldest or from the newest on."""
        if limit < 0:
            return []
        wanted = {
            "conversation_id": conversation_id,
            "seq": dict(seqs),
            "type": {"$in": list(types)},
        }
        order = DESCENDING if newest else ASCENDING
        found = self.rows.find(wanted).sort("seq", order).limit(limit)
        with translated():
            return [record_of(document) async for document in found]

    async def at(self, conversation_id: ConversationId, seqs: Sequence[int]) -> list[Record]:
        """The records with these seqs."""
        if not seqs:
            return []
        wanted = {"conversation_id": conversation_id, "seq": {"$in": list(seqs)}}
        with translated():
            return [record_of(document) async for document in self.rows.find(wanted)]

    async def of_command(
        self, conversation_id: ConversationId, actor_id: UserId, client_id: str
    ) -> Record | None:
        """The record of a command."""
        key = {"conversation_id": conversation_id, "actor_id": actor_id, "client_id": client_id}
        with translated():
            found = await self.rows.find_one(key)
        return None if found is None else record_of(found)

    async def row(self, conversation_id: ConversationId, seq: int) -> Document | None:
        """One row, with what is kept in it beside its entry."""
        with translated():
            return await self.rows.find_one({"conversation_id": conversation_id, "seq": seq})

    async def touched(
        self, conversation_id: ConversationId, seqs: Sequence[int]
    ) -> dict[int, tuple[int, bool]]:
        """Of those of these messages that an entry was aimed at: which was the last, and whether they were deleted."""
        wanted = {"conversation_id": conversation_id, "seq": {"$in": list(seqs)}}
        fields = {"_id": 0, "seq": 1, "touched_seq": 1, "deleted_at": 1}
        with translated():
            return {
                found["seq"]: (found["touched_seq"], "deleted_at" in found)
                async for found in self.rows.find(wanted, fields)
                if "touched_seq" in found
            }

    async def conversations(self, after: ConversationId, limit: int) -> list[ConversationId]:
        """The ids behind this one. From one to the next along the index: a view may be missing whose node died."""
        found: list[ConversationId] = []
        while len(found) < limit:
            with translated():
                following = await self.rows.find_one(
                    {"conversation_id": {"$gt": found[-1] if found else after}},
                    {"_id": 0, "conversation_id": 1},
                    sort=[("conversation_id", ASCENDING), ("seq", ASCENDING)],
                )
            if following is None:
                break
            found.append(conversation_of(following))
        return found

    async def ranges(self, wanted: Mapping[ConversationId, Range]) -> list[Record]:
        """The records of these ranges; each conversation's ascending."""
        return [record_of(document) for document in await self._ranges(wanted, None)]

    async def outlines(
        self, wanted: Mapping[ConversationId, Range]
    ) -> Mapping[ConversationId, list[Document]]:
        """Everything but the contents of the entries in these ranges; each conversation's ascending."""
        fields = {"_id": 0, **dict.fromkeys(OUTLINE, 1)}
        found: dict[ConversationId, list[Document]] = {}
        for document in await self._ranges(wanted, fields):
            found.setdefault(conversation_of(document), []).append(document)
        return found

    async def _ranges(
        self, wanted: Mapping[ConversationId, Range], fields: Mapping[str, int] | None
    ) -> list[Document]:
        found: list[Document] = []
        branches = [branch(conversation_id, bounds) for conversation_id, bounds in wanted.items()]
        with translated():
            for start in range(0, len(branches), BRANCHES):
                chunk = {"$or": branches[start : start + BRANCHES]}
                found += await self.rows.find(chunk, fields).to_list()
        found.sort(key=_place)
        return found


def branch(conversation_id: ConversationId, bounds: Range) -> Filter:
    """What is within these bounds of one conversation."""
    after, last = bounds
    seqs = {"$gt": after} if last is None else {"$gt": after, "$lte": last}
    return {"conversation_id": conversation_id, "seq": seqs}


def _place(document: Document) -> tuple[str, int]:
    return document["conversation_id"], document["seq"]


def by_conversation(records: Iterable[Record]) -> dict[ConversationId, list[Record]]:
    """The same records, each conversation's in their order."""
    found: dict[ConversationId, list[Record]] = {}
    for record in records:
        found.setdefault(record.entry.conversation_id, []).append(record)
    return found
