"""Present contents: rows brought forward by edits and deletions, in the database and on their way out of it.

The row of a `message.new` follows the entries aimed at it a little later than they get in. So whoever reads a row
applies what is in the log behind the conversation's view; doing it twice changes nothing.
"""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import to_builtins
from msgspec.structs import replace
from pymongo import UpdateMany, UpdateOne

from parley.adapters.mongo.aims import Aims
from parley.adapters.mongo.client import (
    Document,
    Filter,
    Write,
    translated,
    write_all,
)
from parley.adapters.mongo.entries import Entries
from parley.adapters.mongo.mentions import Mentions
from parley.model.contents import Revision, deleted, emptied, is_erasure, revised
from parley.model.entries import (
    Entry,
    MemberLeft,
    MessageAnnotated,
    MessageDeleted,
    MessageEdited,
    MessageNew,
)
from parley.model.ids import ConversationId, UserId
from parley.model.instants import Timestamp
from parley.ports.log import Record

CHANGING = ("message.edited", "message.annotated", "message.deleted", "member.left")
"""The types of entries that change the contents of others; of those who left, that of the erased alone does."""

_GONE = ("attachments", "reply_to", "mentions", "data", "digest", "original")
"""What a deleted message has no more, beside its body."""

TOGETHER = 1_000
"""So many messages are asked about at once."""


def brought_forward(records: Sequence[Record], changes: Iterable[Record]) -> list[Record]:
    """The records as they are after these changes, which are given ascending and may be applied already."""
    rows = {record.entry.seq: record for record in records}
    revisions = [row.entry for row in records if isinstance(row.entry, Revision)]
    for change in changes:
        entry = change.entry
        if isinstance(entry, MemberLeft) and is_erasure(entry):
            _erase(rows, entry)
        elif isinstance(entry, MessageDeleted | Revision):
            _change(rows, revisions, entry)
    return [rows[record.entry.seq] for record in records]


def _change(
    rows: dict[int, Record], revisions: Sequence[Revision], entry: MessageDeleted | Revision
) -> None:
    row = rows.get(entry.message_seq)
    if row is not None:
        message = row.entry
        if not isinstance(message, MessageNew) or message.seq > entry.seq:
            return
        rows[message.seq] = (
            Record(deleted(message, entry.at))
            if isinstance(entry, MessageDeleted)
            else replace(row, entry=revised(message, entry))
        )
    if isinstance(entry, MessageDeleted):
        for revision in revisions:
            if revision.message_seq == entry.message_seq:
                rows[revision.seq] = Record(emptied(revision))


def _erase(rows: dict[int, Record], erasure: MemberLeft) -> None:
    for seq, row in rows.items():
        entry = row.entry
        if seq >= erasure.seq:
            continue
        if isinstance(entry, MessageNew) and entry.actor_id == erasure.user_id:
            rows[seq] = Record(deleted(entry, erasure.at))
        elif isinstance(entry, Revision) and _sender(rows, entry) == erasure.user_id:
            rows[seq] = Record(emptied(entry))


def _sender(rows: Mapping[int, Record], revision: Revision) -> UserId:
    """Whose message it revises: where that is not among the rows, its own, as nobody edits another's."""
    message = rows.get(revision.message_seq)
    return (revision if message is None else message.entry).actor_id


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
            case MemberLeft() if is_erasure(entry):
                await self.erase(entry.conversation_id, entry.user_id, entry.at, entry.seq)

    async def mention(self, entries: Iterable[Entry]) -> None:
        """Keep whom those of these entries that are messages mention, which is what they do now."""
        await self._mentions.add(entry for entry in entries if isinstance(entry, MessageNew))

    async def erase(
        self,
        conversation_id: ConversationId,
        user_id: UserId,
        at: Timestamp,
        before: int | None = None,
    ) -> None:
        """Empty what a person wrote before a seq, with all edits of it; the messages are deleted since `at`."""
        seqs = {} if before is None else {"seq": {"$lt": before}}
        own = {"conversation_id": conversation_id, "actor_id": user_id, "type": "message.new"}
        messages = await self._seqs({**own, **seqs})
        for start in range(0, len(messages), TOGETHER):
            some = messages[start : start + TOGETHER]
            await self._mentions.forget(conversation_id, some)
            await self._write(*_empty(conversation_id, await self._aims.at(conversation_id, some)))
        await self._write(
            UpdateMany(
                {**own, **seqs, "deleted_at": None},
                {"$set": {"body": "", "deleted_at": at}, "$unset": dict.fromkeys(_GONE, "")},
            )
        )

    async def _seqs(self, wanted: Filter) -> list[int]:
        with translated():
            found = self._entries.rows.find(wanted, {"_id": 0, "seq": 1})
            return [document["seq"] async for document in found]

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
        await self._write(
            UpdateOne(
                {**_key(deletion), "deleted_at": None},
                {
                    "$set": {"body": "", "deleted_at": deletion.at},
                    "$unset": dict.fromkeys(_GONE, ""),
                },
            )
        )
        revisions = await self._aims.at(deletion.conversation_id, [deletion.message_seq])
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
        await write_all(self._entries.rows, writes)


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
