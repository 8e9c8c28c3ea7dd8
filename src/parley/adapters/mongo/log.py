"""The log, kept in MongoDB: two unique indexes decide who was first, and remember what was done before."""

import asyncio
from collections.abc import Mapping, Sequence

from parley.adapters.mongo.aims import Aims
from parley.adapters.mongo.appending import Appending
from parley.adapters.mongo.catching_up import CatchingUp
from parley.adapters.mongo.client import Database
from parley.adapters.mongo.contents import CHANGING, brought_forward
from parley.adapters.mongo.entries import AIMED, Entries
from parley.adapters.mongo.heads import Heads
from parley.adapters.mongo.reactions import Reactions
from parley.adapters.mongo.reading import Reading
from parley.adapters.mongo.views import Views
from parley.model.contents import is_erasure
from parley.model.conversations import State
from parley.model.entries import HAPPENINGS, Entry, MemberLeft, MessageEdited, MessageNew
from parley.model.ids import ConversationId, UserId
from parley.model.instants import Timestamp
from parley.model.messages import UNTOUCHED, Aftermath, followed, target
from parley.ports.answers import Answer
from parley.ports.log import Appended, CatchUp, Log, Record, StoreIdentity

_BEHIND_ALL = 1 << 62
_HAPPENINGS = tuple(str(one.__struct_config__.tag) for one in HAPPENINGS)


class MongoLog(Log):
    """Several nodes may append to it at once; each conversation's unique indexes are the arbiter."""

    shared = True

    def __init__(
        self,
        database: Database,
        identity: StoreIdentity,
        *,
        entries: Entries,
        views: Views,
        aims: Aims,
        reactions: Reactions,
        heads: Heads,
        reading: Reading,
        appending: Appending,
        catching_up: CatchingUp,
    ) -> None:
        self._database = database
        self._identity = identity
        self._entries = entries
        self._views = views
        self._aims = aims
        self._reactions = reactions
        self._heads = heads
        self._reading = reading
        self._appending = appending
        self._catching_up = catching_up

    async def identity(self) -> StoreIdentity:
        return self._identity

    def append(
        self, conversation_id: ConversationId, after: int, records: Sequence[Record]
    ) -> Answer[Appended]:
        return self._appending.append(conversation_id, after, records)

    async def read(
        self, conversation_id: ConversationId, after: int, limit: int | None = None
    ) -> list[Record]:
        if limit is None:
            records = await self._reading.rest(conversation_id, after)
            if records:
                self._heads.saw(conversation_id, records[-1].entry.seq)
            return records
        await self._database.confirm(conversation_id)
        applied = await self._views.applied(conversation_id)
        records = await self._entries.after(conversation_id, after, limit)
        return await self._reading.present(conversation_id, applied, records)

    async def messages(
        self, conversation_id: ConversationId, *, before: int | None, after: int | None, limit: int
    ) -> tuple[int, list[MessageNew]]:
        await self._database.confirm(conversation_id)
        head, applied = await asyncio.gather(
            self._entries.head(conversation_id), self._views.applied(conversation_id)
        )
        if limit <= 0:
            return head, []
        if after is not None:
            bounds, newest = {"$gt": after}, False
        else:
            bounds, newest = {"$gt": 0} if before is None else {"$lt": before}, True
        records = await self._entries.of_types(
            conversation_id, bounds, ("message.new",), newest=newest, limit=limit
        )
        if newest:
            records.reverse()
        present = await self._reading.present(conversation_id, applied, records)
        return head, [record.entry for record in present if isinstance(record.entry, MessageNew)]

    async def messages_at(
        self, conversation_id: ConversationId, seqs: Sequence[int]
    ) -> list[MessageNew]:
        await self._database.confirm(conversation_id)
        applied = await self._views.applied(conversation_id)
        records = await self._entries.at(conversation_id, seqs)
        present = await self._reading.present(conversation_id, applied, records)
        return [record.entry for record in present if isinstance(record.entry, MessageNew)]

    async def happenings(
        self, conversation_id: ConversationId, *, after: int, before: int | None, limit: int
    ) -> list[Entry]:
        await self._database.confirm(conversation_id)
        bounds = {"$gt": after} if before is None else {"$gt": after, "$lt": before}
        records = await self._entries.of_types(conversation_id, bounds, _HAPPENINGS, limit=limit)
        return [record.entry for record in records]

    async def aftermaths(
        self, conversation_id: ConversationId, message_seqs: Sequence[int]
    ) -> tuple[int, Mapping[int, Aftermath]]:
        await self._database.confirm(conversation_id)
        head, found, tail = await self._became(conversation_id, message_seqs)
        if any(
            is_erasure(entry) for entry in tail
        ):  # it is aimed at people, and only rows name these
            await self._views.bring_forward(conversation_id, tail[-1].seq)
            head, found, tail = await self._became(conversation_id, message_seqs)
        aimed: dict[int, list[Entry]] = {seq: [] for seq in message_seqs}
        for entry in tail:
            aimed.get(target(entry), []).append(entry)
        changed = {
            seq: followed(entries, found.get(seq, UNTOUCHED))
            for seq, entries in aimed.items()
            if entries
        }
        return head, {**found, **changed}

    async def _became(
        self, conversation_id: ConversationId, message_seqs: Sequence[int]
    ) -> tuple[int, Mapping[int, Aftermath], Sequence[Entry]]:
        """The head, what became of these messages as the documents say, and what the log has behind these."""
        head, view = await asyncio.gather(
            self._entries.head(conversation_id), self._views.kept(conversation_id)
        )
        found = await self._reactions.of(conversation_id, message_seqs, view.state.pins)
        # Read behind the documents, so that whatever shows in one of them is seen in its order here.
        tail = await self._entries.of_types(
            conversation_id, {"$gt": view.stored}, (*AIMED, "member.left")
        )
        return head, found, [record.entry for record in tail]

    async def edits(
        self, conversation_id: ConversationId, message_seq: int, limit: int
    ) -> list[MessageEdited]:
        await self._database.confirm(conversation_id)
        applied = await self._views.applied(conversation_id)
        known = await self._edits(conversation_id, message_seq, limit)
        tail = await self._entries.of_types(conversation_id, {"$gt": applied}, CHANGING)
        rows = {record.entry.seq: record for record in (*known, *tail)}
        present = brought_forward([rows[seq] for seq in sorted(rows)], tail)
        edits = [record.entry for record in present if isinstance(record.entry, MessageEdited)]
        return [edit for edit in edits if edit.message_seq == message_seq][-limit:]

    async def _edits(
        self, conversation_id: ConversationId, message_seq: int, limit: int
    ) -> list[Record]:
        """The last edits of a message in any order, `limit` at least where there are so many; not its annotations."""
        found: list[Record] = []
        before = _BEHIND_ALL
        while len(found) < limit:
            seqs = await self._aims.last(conversation_id, message_seq, before, limit)
            records = await self._entries.at(conversation_id, seqs)
            found += [record for record in records if isinstance(record.entry, MessageEdited)]
            if len(seqs) < limit:
                break
            before = seqs[-1]
        return found

    async def original(self, conversation_id: ConversationId, seq: int) -> str | None:
        await self._database.confirm(conversation_id)
        applied = await self._views.applied(conversation_id)
        row = await self._entries.row(conversation_id, seq)
        if row is None or row["type"] != "message.new" or "deleted_at" in row:
            return None
        endings = await self._entries.of_types(
            conversation_id, {"$gt": applied}, ("message.deleted", "member.left")
        )
        if any(_ends(record.entry, seq, row["actor_id"]) for record in endings):
            return None
        return str(row.get("original", row["body"]))

    async def find(
        self, conversation_id: ConversationId, actor_id: UserId, client_id: str
    ) -> Record | None:
        return await self._reading.command(conversation_id, actor_id, client_id)

    async def load(self, conversation_id: ConversationId) -> State:
        await self._database.confirm(conversation_id)
        view = await self._views.latest(conversation_id)
        self._heads.saw(conversation_id, view.state.head)
        return view.state

    async def erase(self, conversation_id: ConversationId, user_id: UserId, at: Timestamp) -> None:
        await self._database.confirm(conversation_id)
        # First what follows the log: edits of theirs may be in that nobody has aimed at their messages yet.
        head = await self._entries.head(conversation_id)
        await self._views.bring_forward(conversation_id, head)
        await self._views.contents.erase(conversation_id, user_id, at)

    async def catch_up(
        self, user_id: UserId, cursors: Mapping[ConversationId, int], limit: int, most_bytes: int
    ) -> CatchUp:
        await self._database.confirm()
        return await self._catching_up.since(user_id, cursors, limit, most_bytes)


def _ends(entry: Entry, message_seq: int, sender_id: UserId) -> bool:
    """Whether this entry empties a message."""
    if isinstance(entry, MemberLeft):
        return is_erasure(entry) and entry.user_id == sender_id
    return target(entry) == message_seq
