"""Who is in a conversation: what a log says of that, entry by entry."""

from collections.abc import Iterable, Iterator
from typing import Final

from parley.verify.history import Entry

NOTHING: Final[frozenset[str]] = frozenset()


def joined(entry: Entry) -> frozenset[str]:
    """Whom an entry brings in."""
    if entry.type == "conversation.created":
        return frozenset(member.user_id for member in entry.members)
    return frozenset((entry.user_id,)) if entry.type == "member.joined" else NOTHING


def left(entry: Entry) -> str:
    """Whom an entry takes out; "" where nobody."""
    return entry.user_id if entry.type == "member.left" else ""


def walk(log: Iterable[Entry]) -> Iterator[tuple[Entry, set[str]]]:
    """Each entry with the members before it. The set goes on changing: look before the next one."""
    members: set[str] = set()
    for entry in log:
        yield entry, members
        members |= joined(entry)
        members.discard(left(entry))


def at_the_end(log: Iterable[Entry]) -> set[str]:
    """The members after all of it."""
    members: set[str] = set()
    for entry in log:
        members |= joined(entry)
        members.discard(left(entry))
    return members


class Stays:
    """When somebody was in: from each entry that brings them in up to, and with, the one that takes them out."""

    def __init__(self, log: Iterable[Entry], user_id: str) -> None:
        self.ranges: list[tuple[Entry, Entry | None]] = []
        begun: Entry | None = None
        for entry in log:
            if begun is None and user_id in joined(entry):
                begun = entry
            if begun is not None and left(entry) == user_id:
                self.ranges.append((begun, entry))
                begun = None
        if begun is not None:
            self.ranges.append((begun, None))

    def covers(self, seq: int) -> bool:
        """Whether an entry happened while they were in."""
        return any(
            first.seq <= seq and (last is None or seq <= last.seq) for first, last in self.ranges
        )

    def next_join(self, seq: int) -> Entry | None:
        """What brought them in after this seq, first."""
        return next((first for first, _ in self.ranges if first.seq > seq), None)
