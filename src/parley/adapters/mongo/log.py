"""The log, kept in MongoDB: two unique indexes decide who was first, and remember what was done before."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Mapping, Sequence

from pymongo.errors import (
    BulkWriteError,
    PyMongoError,
    ServerSelectionTimeoutError,
    WaitQueueTimeoutError,
)

from parley.adapters.mongo.aims import AIMED, Aims
from parley.adapters.mongo.catching_up import CatchingUp
from parley.adapters.mongo.client import Database, Document
from parley.adapters.mongo.contents import CHANGING, brought_forward
from parley.adapters.mongo.deletions import Deletions
from parley.adapters.mongo.documents import document_of
from parley.adapters.mongo.entries import Entries
from parley.adapters.mongo.outbox import Outbox
from parley.adapters.mongo.views import Views
from parley.model.contents import is_erasure
from parley.model.conversations import State
from parley.model.entries import Entry, MemberLeft, MessageDeleted, MessageNew
from parley.model.errors import Unavailable
from parley.model.ids import ConversationId, UserId
from parley.model.instants import Timestamp
from parley.model.messages import target
from parley.ports.answers import Answer
from parley.ports.background import Spawn
from parley.ports.log import (
    Appended,
    Behind,
    CatchUp,
    Down,
    Duplicate,
    Log,
    Record,
    Stopped,
    StoreIdentity,
    Unknown,
)

logger = logging.getLogger(__name__)

DUPLICATE_KEY = 11_000
TOGETHER = 1_000
"""So many entries are sent in one command. It must be one: of two, the first may be in when the second fails."""

CONFLICTS = 4
"""How often an index may be violated by something that is nowhere to be seen: rolled back, or moving between shards."""


HEADS = 50_000
"""Of so many conversations it is remembered how far their logs reach at least."""


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
        outbox: Outbox,
        deletions: Deletions,
        catching_up: CatchingUp,
        spawn: Spawn,
    ) -> None:
        self._database = database
        self._identity = identity
        self._entries = entries
        self._views = views
        self._aims = aims
        self._outbox = outbox
        self._deletions = deletions
        self._catching_up = catching_up
        self._spawn = spawn
        self._appending: dict[ConversationId, Answer[Appended]] = {}
        self._heads: OrderedDict[ConversationId, int] = OrderedDict()

    async def identity(self) -> StoreIdentity:
        return self._identity

    # --- appending ----------------------------------------------------------------------------------------------

    def append(
        self, conversation_id: ConversationId, after: int, records: Sequence[Record]
    ) -> Answer[Appended]:
        answer: Answer[Appended] = Answer()
        earlier = self._appending.get(conversation_id)
        self._appending[conversation_id] = answer
        self._spawn(self._append(answer, earlier, conversation_id, after, records))
        return answer

    async def _append(
        self,
        answer: Answer[Appended],
        earlier: Answer[Appended] | None,
        conversation_id: ConversationId,
        after: int,
        records: Sequence[Record],
    ) -> None:
        if earlier is not None:
            await earlier  # on another connection this one could get in first
        try:
            appended = await self._appended(conversation_id, after, records)
        except asyncio.CancelledError:
            raise  # the process is ending: nobody is told anything any more
        except Exception:
            logger.exception("an append to %s failed", conversation_id)
            appended = Appended(0, (), Unknown())
        if self._appending.get(conversation_id) is answer:
            del self._appending[conversation_id]
        answer.resolve(appended)

    async def _appended(
        self, conversation_id: ConversationId, after: int, records: Sequence[Record]
    ) -> Appended:
        rare = [record.entry for record in records if not isinstance(record.entry, MessageNew)]
        tokens: Mapping[int, str] = {}
        try:
            if not await self._is_there(conversation_id, after):
                return Appended(0, (), Down())
            if rare:
                tokens = await self._announce(rare)
        except Unavailable:
            return Appended(0, (), Down())
        count, stopped = await self._insert(conversation_id, after, records)
        entries = [record.entry for record in records[:count]]
        self._saw(conversation_id, after + count)
        self._views.appended(conversation_id, entries)
        if rare and count:
            try:
                await self._follow(conversation_id, entries, tokens)
            except Unavailable:
                # In the log, but not yet where its readers look: not to be answered before it is.
                return Appended(0, (), Unknown())
        return Appended(count, (0,) * count, stopped)

    async def _is_there(self, conversation_id: ConversationId, seq: int) -> bool:
        """Whether the log reaches this far: no index would refuse what leaves a hole. Known of all in use."""
        if self._heads.get(conversation_id, 0) < seq:
            await self._database.confirm(conversation_id)
            self._saw(conversation_id, await self._entries.head(conversation_id))
        return self._heads.get(conversation_id, 0) >= seq

    def _saw(self, conversation_id: ConversationId, head: int) -> None:
        if head > self._heads.get(conversation_id, 0):
            self._heads[conversation_id] = head
            self._heads.move_to_end(conversation_id)
            if len(self._heads) > HEADS:
                self._heads.popitem(last=False)

    async def _announce(self, rare: Sequence[Entry]) -> Mapping[int, str]:
        """Make known what must be before an entry may be in the log; the outbox's tokens."""
        deletions = [entry for entry in rare if isinstance(entry, MessageDeleted)]
        if deletions:
            await self._deletions.announce(deletions)
        return await self._outbox.announce(rare)

    async def _follow(
        self,
        conversation_id: ConversationId,
        entries: Sequence[Entry],
        tokens: Mapping[int, str],
    ) -> None:
        """Bring forward what follows the log, before anything of it is answered."""
        await self._views.bring_forward(conversation_id, entries[-1].seq)
        deletions = [entry for entry in entries if isinstance(entry, MessageDeleted)]
        if deletions:
            await self._deletions.done(deletions)
        last = entries[-1].seq
        self._outbox.appended(
            conversation_id, {seq: token for seq, token in tokens.items() if seq <= last}
        )

    async def _insert(
        self, conversation_id: ConversationId, after: int, records: Sequence[Record]
    ) -> tuple[int, Stopped | None]:
        """How many got in, and what stopped the rest."""
        documents = [document_of(record) for record in records]
        count = 0
        for _ in range(CONFLICTS):
            count, stopped = await self._insert_from(count, documents)
            if stopped is not None or count == len(documents):
                return count, stopped
            try:
                reason = await self._conflict(conversation_id, after + count, records[count])
            except Unavailable:
                return count, Down()
            if reason is not None:
                return count, reason
        return count, Unknown()

    async def _insert_from(
        self, count: int, documents: Sequence[Document]
    ) -> tuple[int, Stopped | None]:
        """Insert from this one on, until an index is violated; how many are in, and whether it is known at all."""
        while count < len(documents):
            chunk = documents[count : count + TOGETHER]
            try:
                await self._entries.rows.insert_many(chunk)
            except BulkWriteError as error:
                inserted = _before_a_violation(error)
                return (count, Unknown()) if inserted is None else (count + inserted, None)
            except (ServerSelectionTimeoutError, WaitQueueTimeoutError):
                return count, Down()  # it was never sent
            except PyMongoError:
                return count, Unknown()
            count += len(chunk)
        return count, None

    async def _conflict(
        self, conversation_id: ConversationId, head: int, refused: Record
    ) -> Behind | Duplicate | None:
        """Why `refused` did not get in after `head`. The log is asked, never the name of the index."""
        behind = await self.read(conversation_id, head)
        if behind:
            return Behind(behind)
        entry = refused.entry
        twin = await self.find(conversation_id, entry.actor_id, entry.client_id)
        return None if twin is None else Duplicate(twin)

    # --- reading ------------------------------------------------------------------------------------------------

    async def read(
        self, conversation_id: ConversationId, after: int, limit: int | None = None
    ) -> list[Record]:
        await self._database.confirm(conversation_id)
        if limit is None:
            # An entry comes after what it is aimed at: all changes of what is read are read with it.
            records = await self._entries.after(conversation_id, after)
            if records:
                self._saw(conversation_id, records[-1].entry.seq)
            return brought_forward(records, records)
        applied = await self._views.applied(conversation_id)
        records = await self._entries.after(conversation_id, after, limit)
        return await self._present(conversation_id, applied, records)

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
        present = await self._present(conversation_id, applied, records)
        return head, [record.entry for record in present if isinstance(record.entry, MessageNew)]

    async def aimed(
        self, conversation_id: ConversationId, message_seqs: Sequence[int]
    ) -> tuple[int, list[Entry]]:
        await self._database.confirm(conversation_id)
        head, applied = await asyncio.gather(
            self._entries.head(conversation_id), self._views.applied(conversation_id)
        )
        seqs = await self._aims.at(conversation_id, message_seqs)
        known, tail = await asyncio.gather(
            self._entries.at(conversation_id, seqs),
            self._entries.of_types(conversation_id, {"$gt": applied}, AIMED),
        )
        wanted = set(message_seqs)
        rows = {record.entry.seq: record for record in (*known, *tail)}
        mine = [rows[seq] for seq in sorted(rows) if target(rows[seq].entry) in wanted]
        return head, [record.entry for record in brought_forward(mine, tail)]

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
        await self._database.confirm(conversation_id)
        applied = await self._views.applied(conversation_id)
        record = await self._entries.of_command(conversation_id, actor_id, client_id)
        if record is None:
            return None
        return (await self._present(conversation_id, applied, [record]))[0]

    async def load(self, conversation_id: ConversationId) -> State:
        await self._database.confirm(conversation_id)
        view = await self._views.latest(conversation_id)
        self._saw(conversation_id, view.state.head)
        return view.state

    async def erase(self, conversation_id: ConversationId, user_id: UserId, at: Timestamp) -> None:
        await self._views.contents.erase(conversation_id, user_id, at)

    async def catch_up(
        self, user_id: UserId, cursors: Mapping[ConversationId, int], limit: int, most_bytes: int
    ) -> CatchUp:
        await self._database.confirm()
        return await self._catching_up.since(user_id, cursors, limit, most_bytes)

    async def _present(
        self, conversation_id: ConversationId, applied: int, records: list[Record]
    ) -> list[Record]:
        """These records with what changed them after `applied`, which was read before them."""
        if not records:
            return records
        changes = await self._entries.of_types(conversation_id, {"$gt": applied}, CHANGING)
        return brought_forward(records, changes)


def _ends(entry: Entry, message_seq: int, sender_id: UserId) -> bool:
    """Whether this entry empties a message."""
    if isinstance(entry, MemberLeft):
        return is_erasure(entry) and entry.user_id == sender_id
    return target(entry) == message_seq


def _before_a_violation(error: BulkWriteError) -> int | None:
    """How many entries of a bulk are durable before the one that violated an index; None where that isn't known."""
    details = error.details
    if details["writeConcernErrors"] or len(details["writeErrors"]) != 1:
        return None
    (violation,) = details["writeErrors"]
    return int(violation["index"]) if violation["code"] == DUPLICATE_KEY else None
