"""Appending: what must be known before an entry is in the log, the insert, and what follows it before the answer."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from parley.adapters.mongo.deletions import Deletions
from parley.adapters.mongo.documents import document_of
from parley.adapters.mongo.heads import Heads
from parley.adapters.mongo.inserts import Inserted, Inserts
from parley.adapters.mongo.outbox import Outbox
from parley.adapters.mongo.reading import Reading
from parley.adapters.mongo.views import Views
from parley.model.entries import Entry, MessageDeleted, MessageNew
from parley.model.errors import Unavailable
from parley.model.ids import ConversationId
from parley.ports.answers import Answer
from parley.ports.background import Spawn
from parley.ports.log import Appended, Behind, Down, Duplicate, Record, Stopped, Unknown

logger = logging.getLogger(__name__)

CONFLICTS = 4
"""How often an index may be violated by something that is nowhere to be seen: rolled back, or moving between shards."""


@dataclass(slots=True, eq=False)
class _Asked:
    """One append, and where its answer goes."""

    conversation_id: ConversationId
    after: int
    records: Sequence[Record]
    answer: Answer[Appended] = field(default_factory=Answer)

    @property
    def rare(self) -> list[Entry]:
        """Its entries that are no messages."""
        return [
            entry for record in self.records if not isinstance(entry := record.entry, MessageNew)
        ]


class Appending:
    """The two unique indexes decide; whatever they refuse is looked up, and their names are never trusted."""

    def __init__(
        self,
        *,
        inserts: Inserts,
        heads: Heads,
        reading: Reading,
        views: Views,
        outbox: Outbox,
        deletions: Deletions,
        spawn: Spawn,
    ) -> None:
        self._inserts = inserts
        self._heads = heads
        self._reading = reading
        self._views = views
        self._outbox = outbox
        self._deletions = deletions
        self._spawn = spawn
        self._under_way: dict[ConversationId, Answer[Appended]] = {}

    def append(
        self, conversation_id: ConversationId, after: int, records: Sequence[Record]
    ) -> Answer[Appended]:
        """See `Log.append`."""
        asked = _Asked(conversation_id, after, records)
        earlier = self._under_way.get(conversation_id)
        self._under_way[conversation_id] = asked.answer
        if earlier is None and self._heads.reaches(conversation_id, after) and not asked.rare:
            self._append_plainly(asked)
        else:
            self._spawn(self._append(asked, earlier))
        return asked.answer

    def _append_plainly(self, asked: _Asked) -> None:
        """Insert it without a task of its own, which would cost as much as everything else here together."""

        def inserted(outcome: Answer[Inserted]) -> None:
            tried = outcome.result()
            if tried.count == len(asked.records):
                self._give(asked, self._took(asked, tried.count, None))
            else:
                self._spawn(self._append(asked, None, tried))

        self._inserts.insert([document_of(record) for record in asked.records]).then(inserted)

    async def _append(
        self, asked: _Asked, earlier: Answer[Appended] | None, tried: Inserted | None = None
    ) -> None:
        if earlier is not None:
            await earlier  # on another connection this one could get in first
        try:
            appended = await self._appended(asked, tried)
        except asyncio.CancelledError:
            raise  # the process is ending: nobody is told anything any more
        except Exception:
            logger.exception("an append to %s failed", asked.conversation_id)
            appended = Appended(0, (), Unknown())
        self._give(asked, appended)

    def _give(self, asked: _Asked, appended: Appended) -> None:
        if self._under_way.get(asked.conversation_id) is asked.answer:
            del self._under_way[asked.conversation_id]
        asked.answer.resolve(appended)

    async def _appended(self, asked: _Asked, tried: Inserted | None) -> Appended:
        rare = asked.rare
        tokens: Mapping[int, str] = {}
        try:
            if not await self._heads.is_there(asked.conversation_id, asked.after):
                return Appended(0, (), Down())
            if rare:
                tokens = await self.announce(rare)
        except Unavailable:
            return Appended(0, (), Down())
        count, stopped = await self.insert(asked.conversation_id, asked.after, asked.records, tried)
        appended = self._took(asked, count, stopped)
        if rare and count:
            try:
                await self._follow(asked.conversation_id, asked.records[:count], tokens)
            except Unavailable:
                # In the log, but not yet where its readers look: not to be answered before it is.
                return Appended(0, (), Unknown())
        return appended

    def _took(self, asked: _Asked, count: int, stopped: Stopped | None) -> Appended:
        self._heads.saw(asked.conversation_id, asked.after + count)
        entries = [record.entry for record in asked.records[:count]]
        self._views.appended(asked.conversation_id, entries)
        return Appended(count, (0,) * count, stopped)

    async def announce(self, rare: Sequence[Entry]) -> Mapping[int, str]:
        """Make known what must be before an entry may be in the log; the outbox's tokens."""
        deletions = [entry for entry in rare if isinstance(entry, MessageDeleted)]
        if deletions:
            await self._deletions.announce(deletions)
        return await self._outbox.announce(rare)

    async def _follow(
        self,
        conversation_id: ConversationId,
        records: Sequence[Record],
        tokens: Mapping[int, str],
    ) -> None:
        """Bring forward what follows the log, before anything of it is answered."""
        last = records[-1].entry.seq
        await self._views.bring_forward(conversation_id, last)
        deletions = [record.entry for record in records if isinstance(record.entry, MessageDeleted)]
        if deletions:
            await self._deletions.done(deletions)
        self._outbox.appended(
            conversation_id, {seq: token for seq, token in tokens.items() if seq <= last}
        )

    async def insert(
        self,
        conversation_id: ConversationId,
        after: int,
        records: Sequence[Record],
        tried: Inserted | None = None,
    ) -> tuple[int, Stopped | None]:
        """How many got in, and what stopped the rest. `tried`: what the first attempt came to, which was made."""
        documents = [document_of(record) for record in records]
        count = 0
        for _ in range(CONFLICTS):
            inserted = tried or await self._inserts.insert(documents[count:])
            tried = None
            count += inserted.count
            if inserted.stopped is not None or count == len(documents):
                return count, inserted.stopped
            try:
                reason = await self._refusal(conversation_id, after + count, records[count])
            except Unavailable:
                return count, Down()
            if reason is not None:
                return count, reason
        return count, Unknown()

    async def _refusal(
        self, conversation_id: ConversationId, head: int, refused: Record
    ) -> Behind | Duplicate | None:
        """Why `refused` did not get in after `head`."""
        behind = await self._reading.rest(conversation_id, head)
        if behind:
            self._heads.saw(conversation_id, behind[-1].entry.seq)
            return Behind(behind)
        entry = refused.entry
        twin = await self._reading.command(conversation_id, entry.actor_id, entry.client_id)
        return None if twin is None else Duplicate(twin)
