"""Promise 3: one order, by number. And what the server did to itself."""

from collections.abc import Iterator
from itertools import pairwise

from parley.verify.history import History, Violation


def gapless(history: History) -> Iterator[Violation]:
    """1, 2, 3 … each once."""
    for where, reading in history.readings.items():
        seqs = [entry.seq for entry in reading.log]
        for expected, seq in enumerate(seqs, start=1):
            if seq != expected:
                yield Violation("3 order", "hole", f"{where} has #{seq} where #{expected} belongs")
                break


def clock(history: History) -> Iterator[Violation]:
    """An entry's time is never before that of the entry before it."""
    for where, reading in history.readings.items():
        for before, entry in pairwise(reading.log):
            if entry.at < before.at:
                text = f"{where}: {entry} at {entry.at} follows {before} at {before.at}"
                yield Violation("3 order", "clock", text)


def incidents(history: History) -> Iterator[Violation]:
    """Noted while it ran: the server ended by itself, or did not stop as told."""
    for incident in history.incidents:
        yield Violation("going down", "server", incident)
