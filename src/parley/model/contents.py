"""What becomes of contents: how edits, annotations and deletions show in entries that are read later."""

from msgspec.structs import replace

from parley.model.entries import (
    Entry,
    MemberLeft,
    MessageAnnotated,
    MessageEdited,
    MessageNew,
)
from parley.model.instants import Timestamp

Revision = MessageEdited | MessageAnnotated
"""Entries that set contents of a message, and carry these contents themselves."""


def revised(message: MessageNew, revision: Revision) -> MessageNew:
    """The message with the contents that `revision` sets; a deleted one stays as it is."""
    if message.deleted_at is not None:
        return message
    if isinstance(revision, MessageAnnotated):
        return replace(message, attachments=revision.attachments)
    return replace(message, body=revision.body, mentions=revision.mentions, edited_at=revision.at)


def deleted(message: MessageNew, at: Timestamp) -> MessageNew:
    """The message emptied, deleted since this instant; of two deletions the first counts."""
    return MessageNew(
        conversation_id=message.conversation_id,
        seq=message.seq,
        at=message.at,
        actor_id=message.actor_id,
        client_id=message.client_id,
        messages=message.messages,
        body="",
        edited_at=message.edited_at,
        deleted_at=message.deleted_at or at,
    )


def emptied(revision: Revision) -> Revision:
    """A revision of a message that was deleted."""
    if isinstance(revision, MessageAnnotated):
        return replace(revision, attachments=())
    return replace(revision, body="", mentions=())


def is_erasure(entry: Entry) -> bool:
    """Whether the entry deletes every message, with its edits, that the person whom it names had written before."""
    return isinstance(entry, MemberLeft) and entry.reason == "erased"
