"""Present contents: rows brought forward by edits and deletions, in the database and on their way out of it.

The row of a `message.new` follows the entries aimed at it a little later than they get in. So whoever reads a row
applies what is in the log behind the conversation's view; doing it twice changes nothing.
"""

from collections.abc import Iterable, Sequence

from msgspec import to_builtins
from msgspec.structs import replace
from pymongo import UpdateMany, UpdateOne

from parley.adapters.mongo.aims import Aims
from parley.adapters.mongo.client import Document, Filter, translated
from parley.adapters.mongo.entries import Entries
from parley.adapters.mongo.mentions import Mentions
from parley.model.contents import Revision, deleted, emptied, revised
from parley.model.entries import (
    Entry,
    MessageAnnotated,
    MessageDeleted,
    MessageEdited,
    MessageNew,
)
from parley.model.ids import ConversationId, UserId
from parley.ports.log import Record

CHANGING = ("message.edited", "message.annotated", "message.deleted")
"""The types of entries that change the contents of others."""

Write = UpdateOne | UpdateMany


def brought_forward(records: Sequence[Record], changes: Iterable[Record]) -> list[Record]:
    """The records as they are after these changes, which are given ascending and may be applied already."""
    rows = {record.entry.seq: record for record in records}
    revisions = [row.entry for row in records if isinstance(row.entry, Revision)]
    for change in changes:
        entry = change.entry
        if not isinstance(entry, MessageDeleted | Revision):
            continue
        row = rows.get(entry.message_seq)
        if row is not None:
            message = row.entry
            if not isinstance(message, MessageNew) or message.seq > entry.seq:
                continue
            rows[message.seq] = (
                Record(deleted(message, entry))
                if isinstance(entry, MessageDeleted)
                else replace(row, entry=revised(message, entry))
            )
        if isinstance(entry, MessageDeleted):
            for revision in revisions:
                if revision.message_seq == entry.message_seq:
                    rows[revision.seq] = Record(emptied(revision))
    return [rows[record.entry.seq] for record in records]


class Contents:
    """Keeps the rows of messages as the log has them. Every write may be repeated, in any company."""

    def __init__(self, entries: Entries, aims: Aims, mentions: Mentions) -> None:
        self._entries = entries
        self._aims = aims
        self._mentions = mentions

    async def follow(self, entry: Entry) -> None:
        """Apply an entry to the rows that it is aimed at; the aims follow it already."""
        match entry:
            case MessageNew():
                await self._mention(entry)
            case MessageEdited() | MessageAnnotated():
                await self._revise(entry)
            case MessageDeleted():
                await self._delete(entry)

    async def _revise(self, revision: Revision) -> None:
        row = await self._message(revision)
        if row is None:
            return
        mark, contents = _contents(revision)
        if isinstance(revision, MessageEdited):
            contents["original"] = row.get("original", row["body"])
        later = {"deleted_at": None, mark: {"$not": {"$gte": revision.seq}}}
        await self._write(
            UpdateOne({**_key(revision), **later}, {"$set": {**contents, mark: revision.seq}})
        )
        row = await self._message(revision)
        if row is not None and "deleted_at" in row:
            await self._write(*_empty(revision.conversation_id, [revision.seq]))
        await self._mention(revision)

    async def _delete(self, deletion: MessageDeleted) -> None:
        if await self._message(deletion) is None:
            return
        gone = ("attachments", "reply_to", "mentions", "data", "digest", "original")
        await self._write(
            UpdateOne(
                {**_key(deletion), "deleted_at": None},
                {
                    "$set": {"body": "", "deleted_at": deletion.at},
                    "$unset": dict.fromkeys(gone, ""),
                },
            )
        )
        revisions = await self._aims.at(deletion.conversation_id, deletion.message_seq)
        await self._write(*_empty(deletion.conversation_id, revisions))
        await self._mention(deletion)

    async def _mention(self, entry: MessageNew | Revision | MessageDeleted) -> None:
        """Keep whom the message mentions now, and once more where somebody changed it meanwhile."""
        seq = entry.seq if isinstance(entry, MessageNew) else entry.message_seq
        kept: list[UserId] | None = None
        while True:
            row = await self._entries.row(entry.conversation_id, seq)
            mentioned = row.get("mentions", []) if row is not None else []
            if row is None or mentioned == kept:
                return
            kept = mentioned
            await self._mentions.put(entry.conversation_id, seq, row["actor_id"], mentioned)

    async def _message(self, aimed: Revision | MessageDeleted) -> Document | None:
        """The row of the message that an entry is aimed at; None where it is aimed at none."""
        row = await self._entries.row(aimed.conversation_id, aimed.message_seq)
        if row is None or row["type"] != "message.new" or row["seq"] > aimed.seq:
            return None
        return row

    async def _write(self, *writes: Write) -> None:
        with translated():
            await self._entries.rows.bulk_write(list(writes))


def _key(aimed: Revision | MessageDeleted) -> Filter:
    return {"conversation_id": aimed.conversation_id, "seq": aimed.message_seq}


def _contents(revision: Revision) -> tuple[str, dict[str, object]]:
    """The field that marks the last one applied, and what it sets."""
    if isinstance(revision, MessageAnnotated):
        return "annotated_seq", {"attachments": to_builtins(revision.attachments)}
    return "edited_seq", {
        "body": revision.body,
        "mentions": list(revision.mentions),
        "edited_at": revision.at,
    }


def _empty(conversation_id: ConversationId, seqs: Sequence[int]) -> list[Write]:
    """What empties these revisions: all of them lose their digest, each the contents of its type."""
    key = {"conversation_id": conversation_id, "seq": {"$in": list(seqs)}}
    return [
        UpdateMany(
            {**key, "type": "message.edited"},
            {"$set": {"body": ""}, "$unset": {"mentions": "", "digest": ""}},
        ),
        UpdateMany(
            {**key, "type": "message.annotated"},
            {"$set": {"attachments": []}, "$unset": {"digest": ""}},
        ),
    ]
