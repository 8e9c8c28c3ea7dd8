"""Jobs by which a message's contents go even if the node that appended its deletion died at that very moment."""

from collections.abc import Sequence

from msgspec import Struct
from pymongo import UpdateOne

from parley.adapters.mongo.client import (
    Database,
    translated,
    write_all,
)
from parley.adapters.mongo.entries import Entries
from parley.adapters.mongo.views import Views
from parley.model.entries import MessageDeleted
from parley.model.ids import ConversationId, message_id
from parley.ports.clock import Clock

OVERDUE_MS = 5_000
GIVEN_UP_MS = 24 * 3_600_000
"""A deletion of which nothing is in the log after so long is not going to land any more."""


class _Job(Struct, frozen=True):
    job_id: str
    conversation_id: ConversationId
    message_seq: int
    since_ms: int


class Deletions:
    """A job is there before its deletion is appended, and until the rows are emptied."""

    def __init__(self, database: Database, entries: Entries, views: Views, clock: Clock) -> None:
        self._database = database
        self._jobs = database.collection("deletions")
        self._entries = entries
        self._views = views
        self._clock = clock

    async def announce(self, deletions: Sequence[MessageDeleted]) -> None:
        """Write the jobs of these deletions."""
        now_ms = self._clock.now_ms()
        writes = [
            UpdateOne(
                {"_id": message_id(deletion.conversation_id, deletion.message_seq)},
                {
                    "$setOnInsert": {
                        "conversation_id": deletion.conversation_id,
                        "message_seq": deletion.message_seq,
                    },
                    # Of several attempts each may land as late as the last one.
                    "$max": {"since_ms": now_ms},
                },
                upsert=True,
            )
            for deletion in deletions
        ]
        await write_all(self._jobs, writes)

    async def done(self, deletions: Sequence[MessageDeleted]) -> None:
        """Remove the jobs of these deletions, whose rows are emptied."""
        ids = [message_id(deletion.conversation_id, deletion.message_seq) for deletion in deletions]
        with translated():
            await self._jobs.delete_many({"_id": {"$in": ids}})

    async def sweep(self) -> None:
        """Do what others left undone: every job that is overdue is carried out, or kept for its entry to land yet."""
        now_ms = self._clock.now_ms()
        with translated():
            overdue = [
                _Job(
                    job["_id"],
                    ConversationId(job["conversation_id"]),
                    job["message_seq"],
                    job["since_ms"],
                )
                async for job in self._jobs.find({"since_ms": {"$lt": now_ms - OVERDUE_MS}})
            ]
        for job in overdue:
            if await self._carried_out(job) or job.since_ms < now_ms - GIVEN_UP_MS:
                await self._remove(job)

    async def _carried_out(self, job: _Job) -> bool:
        await self._database.confirm(job.conversation_id)
        head = await self._entries.head(job.conversation_id)
        await self._views.bring_forward(job.conversation_id, head)
        row = await self._entries.row(job.conversation_id, job.message_seq)
        return row is not None and "deleted_at" in row

    async def _remove(self, job: _Job) -> None:
        """Remove a job, unless another attempt was announced meanwhile."""
        with translated():
            await self._jobs.delete_one({"_id": job.job_id, "since_ms": job.since_ms})
