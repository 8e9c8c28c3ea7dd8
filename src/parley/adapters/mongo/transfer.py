"""Copying a store into MongoDB, and out of it."""

from collections.abc import Mapping, Sequence
from typing import Final, Literal

from parley.adapters.mongo.client import ASCENDING, Database, translated
from parley.adapters.mongo.documents import document_of
from parley.adapters.mongo.entries import Entries
from parley.adapters.mongo.identity import adopt
from parley.adapters.mongo.views import Views
from parley.model.ids import ConversationId
from parley.ports.log import Record, StoreIdentity
from parley.ports.transfer import Catalogue, Intake, Kind, NotForThis

_KEY: Final = {"_id": "migration"}


class MongoCatalogue(Catalogue):
    def __init__(self, database: Database, entries: Entries) -> None:
        self._database = database
        self._entries = entries

    async def ids(
        self, kind: Literal["accounts", "sessions", "conversations"], after: str, limit: int
    ) -> list[str]:
        if kind == "conversations":
            return list(await self._entries.conversations(ConversationId(after), limit))
        found = self._database.collection(kind).find({"_id": {"$gt": after}}, {"_id": 1})
        with translated():
            return [document["_id"] async for document in found.sort("_id", ASCENDING).limit(limit)]

    async def count(self, kind: Kind) -> int:
        if kind == "conversations":
            return await self._count_conversations()
        with translated():
            return await self._database.collection(kind).count_documents({})

    async def _count_conversations(self) -> int:
        with translated():
            return await self._database.collection("entries").count_documents({"seq": 1})


class MongoIntake(Intake):
    """Progress is kept in the database: the conversation that was completed last."""

    def __init__(self, database: Database, entries: Entries, views: Views) -> None:
        self._database = database
        self._store = database.collection("store")
        self._entries = entries
        self._views = views
        self._heads: dict[ConversationId, int] = {}

    async def begin(self, identity: StoreIdentity) -> ConversationId:
        with translated():
            progress = await self._store.find_one(_KEY)
            if progress is None:
                if await self._store.find_one({"_id": "identity"}) is not None:
                    raise NotForThis("It is not empty: a server has used it.")
                progress = {"completed": "", "finished": False, "epoch": identity.epoch}
                await self._store.insert_one({**_KEY, **progress})
        if progress["finished"] or progress["epoch"] != identity.epoch:
            raise NotForThis("It has taken over a store before.")
        await adopt(self._database, identity)
        return ConversationId(progress["completed"])

    async def take(
        self,
        conversation_id: ConversationId,
        records: Sequence[Record],
        originals: Mapping[int, str],
        changed: Mapping[int, int],
    ) -> None:
        head = self._heads.get(conversation_id)
        if head is None:
            # They come in order, so of those behind the last completed one an interruption left a part of one alone.
            head = 0 if self._heads else await self._entries.head(conversation_id)
            self._heads = {conversation_id: head}
        documents = []
        for record in records:
            if record.entry.seq > head:
                document = document_of(record)
                if record.entry.seq in originals:
                    document["original"] = originals[record.entry.seq]
                if record.entry.seq in changed:
                    document["touched_seq"] = changed[record.entry.seq]
                documents.append(document)
        if documents:
            with translated():
                # In order: what an interruption leaves has no holes, so that its head says where to go on.
                await self._entries.rows.insert_many(documents)
        entries = [record.entry for record in records]
        self._views.appended(conversation_id, entries, present=True)

    async def complete(self, conversation_id: ConversationId, head: int) -> None:
        await self._views.bring_forward(conversation_id, head)
        with translated():
            await self._store.update_one(_KEY, {"$set": {"completed": conversation_id}})

    async def finish(self) -> None:
        with translated():
            await self._store.update_one(_KEY, {"$set": {"finished": True}})


async def unfinished(database: Database) -> bool:
    """Whether the database is taking over a store, and has not got all of it."""
    with translated():
        progress = await database.collection("store").find_one(_KEY)
    return progress is not None and not progress["finished"]
