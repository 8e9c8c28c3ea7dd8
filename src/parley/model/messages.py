"""Messages: what the rules need of one, and what a reader is shown of it, both folded from what is aimed at it."""

from collections.abc import Iterable, Mapping

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
    """What rules need of a message; `reactions` are the people by emoji, in order of the first."""

    sender_id: UserId
    deleted: bool = False
    reactions: Mapping[str, frozenset[UserId]] = {}


class Version(Struct, frozen=True):
    """A body that a message had, from this instant on."""

    body: str
    at: Timestamp


class NotLoaded(Exception):  # no refusal: whoever judges has to bring the message and judge again
    """The state does not hold the facts of this message."""

    def __init__(self, message_seq: int) -> None:
        super().__init__(message_seq)
        self.message_seq = message_seq


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


def folded_facts(message: MessageNew, aimed: Iterable[Entry]) -> Facts:
    """The facts of a message, by everything that concerns it in order."""
    facts = Facts(message.actor_id, deleted=message.deleted_at is not None)
    for entry in aimed:
        facts = advanced(facts, entry)
    return facts


def as_shown(message: MessageNew, aimed: Iterable[Entry]) -> MessageNew:
    """The message as history shows it: with its reactions, whether it is pinned, and what changed it last."""
    reactions: dict[str, set[UserId]] = {}  # changed in place: thousands may react to one message
    pinned, changed_seq = False, 0
    for entry in aimed:
        changed_seq = entry.seq
        if isinstance(entry, ReactionAdded):
            reactions.setdefault(entry.emoji, set()).add(entry.actor_id)
        elif isinstance(entry, ReactionRemoved):
            people = reactions.get(entry.emoji, set())
            people.discard(entry.actor_id)
            if not people:
                reactions.pop(entry.emoji, None)
        elif isinstance(entry, MessagePinned | MessageUnpinned):
            pinned = isinstance(entry, MessagePinned)
    if not changed_seq:
        return message
    deleted = message.deleted_at is not None
    shown = {} if deleted else {emoji: sorted(people) for emoji, people in reactions.items()}
    return msgspec.structs.replace(
        message, reactions=shown, pinned=pinned and not deleted, changed_seq=changed_seq
    )


def versions(original: str, sent_at: Timestamp, aimed: Iterable[Entry]) -> list[Version]:
    """Every body that a message had, the first one first."""
    edits = [Version(entry.body, entry.at) for entry in aimed if isinstance(entry, MessageEdited)]
    return [Version(original, sent_at), *edits]


def _reacted(
    reactions: Mapping[str, frozenset[UserId]], entry: ReactionAdded | ReactionRemoved
) -> Mapping[str, frozenset[UserId]]:
    people = reactions.get(entry.emoji, frozenset())
    if isinstance(entry, ReactionAdded):
        return {**reactions, entry.emoji: people | {entry.actor_id}}
    people -= {entry.actor_id}
    others = {emoji: those for emoji, those in reactions.items() if emoji != entry.emoji}
    return {**reactions, entry.emoji: people} if people else others
