"""Messages: what the rules need of one, and what a reader is shown of it, both folded from what is aimed at it."""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec
from msgspec import Struct

from parley.model.entries import (
    Entry,
    MemberLeft,
    MessageAnnotated,
    MessageDeleted,
    MessageEdited,
    MessageNew,
    MessagePinned,
    MessageUnpinned,
    ReactionAdded,
    ReactionRemoved,
)
from parley.model.ids import UserId
from parley.model.instants import Timestamp
from parley.model.texts import check_text

BODY_CHARS: Final = 16_000
BODY_BYTES: Final = 64_000
EMOJI_BYTES: Final = 64

Aimed = (
    MessageEdited
    | MessageDeleted
    | MessageAnnotated
    | ReactionAdded
    | ReactionRemoved
    | MessagePinned
    | MessageUnpinned
)
"""Entries that say something of a message, `message_seq`."""


class Facts(Struct, frozen=True):
    """What rules need of a message; `reactions` are the people by emoji."""

    sender_id: UserId
    deleted: bool = False
    reactions: Mapping[str, frozenset[UserId]] = {}


class Aftermath(Struct, frozen=True):
    """What became of a message: whatever people changed their minds about is in it once.

    `reactions` are those that stand: by emoji the people, each with the seq of the entry that added it. `changed_seq`
    is the last entry aimed at the message, 0 where there is none.
    """

    reactions: Mapping[str, Mapping[UserId, int]] = {}
    pinned: bool = False
    deleted: bool = False
    changed_seq: int = 0


UNTOUCHED: Final = Aftermath()


class Version(Struct, frozen=True):
    """A body that a message had, from this instant on."""

    body: str
    at: Timestamp


class NotLoaded(Exception):  # no refusal: whoever judges has to bring the message and judge again
    """The state does not hold the facts of this message."""

    def __init__(self, message_seq: int) -> None:
        super().__init__(message_seq)
        self.message_seq = message_seq


def check_body(body: str) -> None:
    """Pass what a message may say; raises as `check_text`."""
    check_text(body, "body", most_chars=BODY_CHARS, most_bytes=BODY_BYTES)


def check_emoji(emoji: str) -> None:
    """Pass what one may react with; raises as `check_text`."""
    check_text(emoji, "emoji", most_chars=EMOJI_BYTES, most_bytes=EMOJI_BYTES)


def target(entry: Entry) -> int:
    """The seq of the message that an entry is aimed at; 0 where it is aimed at none."""
    return getattr(entry, "message_seq", 0)


def advanced(facts: Facts, entry: Entry) -> Facts:
    """The facts after one more entry that concerns the message. The same entry again changes nothing."""
    match entry:
        case MemberLeft(reason="erased") if entry.user_id == facts.sender_id:
            return Facts(facts.sender_id, deleted=True)
        case MessageDeleted():
            return Facts(facts.sender_id, deleted=True)
        case ReactionAdded() | ReactionRemoved() if not facts.deleted:
            return Facts(facts.sender_id, False, _reacted(facts.reactions, entry))
        case _:
            return facts


def facts_of(message: MessageNew, aftermath: Aftermath) -> Facts:
    """The facts of a message, by what became of it."""
    gone = aftermath.deleted or message.deleted_at is not None
    reactions = {} if gone else dict(_oldest_first(aftermath))
    return Facts(
        message.actor_id,
        gone,
        {emoji: frozenset(people) for emoji, people in reactions.items()},
    )


def followed(aimed: Iterable[Entry], since: Aftermath = UNTOUCHED) -> Aftermath:
    """What became of a message by these entries, all aimed at it and ascending, which may be reflected already."""
    reactions = {emoji: dict(people) for emoji, people in since.reactions.items()}
    pinned, deleted, changed_seq = since.pinned, since.deleted, since.changed_seq
    for entry in aimed:
        changed_seq = max(changed_seq, entry.seq)
        if isinstance(entry, ReactionAdded):
            reactions.setdefault(entry.emoji, {}).setdefault(entry.actor_id, entry.seq)
        elif isinstance(entry, ReactionRemoved):
            _take_back(reactions, entry)
        elif isinstance(entry, MessagePinned | MessageUnpinned):
            pinned = isinstance(entry, MessagePinned)
        elif isinstance(entry, MessageDeleted):
            deleted = True
    if deleted:
        return Aftermath({}, False, True, changed_seq)
    return Aftermath(reactions, pinned, False, changed_seq)


def as_shown(message: MessageNew, aftermath: Aftermath) -> MessageNew:
    """The message as history shows it: with its reactions, whether it is pinned, and what changed it last."""
    if not aftermath.changed_seq:
        return message
    if message.deleted_at is not None:
        return msgspec.structs.replace(message, changed_seq=aftermath.changed_seq)
    return msgspec.structs.replace(
        message,
        reactions={emoji: sorted(people) for emoji, people in _oldest_first(aftermath)},
        pinned=aftermath.pinned,
        changed_seq=aftermath.changed_seq,
    )


def versions(original: str, sent_at: Timestamp, edits: Iterable[MessageEdited]) -> list[Version]:
    """The body that a message was sent with, and those of these edits."""
    return [Version(original, sent_at), *(Version(edit.body, edit.at) for edit in edits)]


def _oldest_first(aftermath: Aftermath) -> list[tuple[str, Mapping[UserId, int]]]:
    return sorted(aftermath.reactions.items(), key=lambda item: min(item[1].values()))


def _take_back(reactions: dict[str, dict[UserId, int]], entry: ReactionRemoved) -> None:
    people = reactions.get(entry.emoji, {})
    people.pop(entry.actor_id, None)
    if not people:
        reactions.pop(entry.emoji, None)


def _reacted(
    reactions: Mapping[str, frozenset[UserId]], entry: ReactionAdded | ReactionRemoved
) -> Mapping[str, frozenset[UserId]]:
    people = reactions.get(entry.emoji, frozenset())
    if isinstance(entry, ReactionAdded):
        return {**reactions, entry.emoji: people | {entry.actor_id}}
    people -= {entry.actor_id}
    others = {emoji: those for emoji, those in reactions.items() if emoji != entry.emoji}
    return {**reactions, entry.emoji: people} if people else others
