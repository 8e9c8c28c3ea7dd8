"""Marks: they move forwards only, and no further than somebody went."""

from collections.abc import Iterator

from parley.verify.history import MESSAGE, History, Violation
from parley.verify.members import joined

Bounds = dict[tuple[str, str], tuple[int, int]]
"""The least and the most that somebody may have read of a conversation, by (user_id, conversation_id)."""


def forwards(history: History) -> Iterator[Violation]:
    """A read position is at or after every one that was acknowledged, and none that nobody asked for.

    What people do themselves, joining and sending, counts as reading.
    """
    bounds: Bounds = {}
    for mark in history.marks:
        key = mark.user_id, mark.conversation_id
        _widen(bounds, key, mark.seq, certain=mark.acked)
    for where, reading in history.readings.items():
        for entry in reading.log:
            for user_id in joined(entry):
                _widen(bounds, (user_id, where), entry.seq, certain=False)
            if entry.type == MESSAGE:
                _widen(bounds, (entry.actor_id, where), entry.seq, certain=True)
    for (user_id, where), seq in history.standings.items():
        low, high = bounds.get((user_id, where), (0, 0))
        if not low <= seq <= high:
            text = f"{user_id} stands at #{seq} in {where}, must be from #{low} to #{high}"
            yield Violation("marks", "backwards" if seq < low else "ahead", text)


def _widen(bounds: Bounds, key: tuple[str, str], seq: int, *, certain: bool) -> None:
    low, high = bounds.get(key, (0, 0))
    bounds[key] = max(low, seq) if certain else low, max(high, seq)
