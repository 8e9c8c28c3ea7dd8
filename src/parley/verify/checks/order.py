"""Promise 3 against real time: what was acknowledged before another command was sent has the smaller number."""

from collections.abc import Iterator
from math import inf

from parley.verify.history import History, Told, Violation


def real_time(history: History) -> Iterator[Violation]:
    """Walks each log backwards with the earliest ack of all that follows: nothing may have been sent after that.

    Of what is there twice the first counts; that it is, is another check's matter.
    """
    told = {(one.command.actor_id, one.command.client_id): one for one in history.commands}
    for where, reading in history.readings.items():
        earliest, earliest_of = inf, None
        firsts = {(one.actor_id, one.client_id): one for one in reversed(reading.log)}
        for entry in reversed(reading.log):
            key = entry.actor_id, entry.client_id
            mine = told.get(key)
            if mine is None or firsts[key] is not entry:
                continue
            if mine.sent_at > earliest:
                yield _overtaken(where, mine, entry.seq, earliest_of, mine.sent_at - earliest)
            acked = mine.first_done
            if acked is not None and acked < earliest:
                earliest, earliest_of = acked, mine


def _overtaken(where: str, late: Told, seq: int, early: Told | None, by: float) -> Violation:
    assert early is not None  # noqa: S101  # it is what `earliest` was taken from
    number = f" as #{seq}" if seq else ""
    text = (
        f"{where}: {late.command.client_id} is there{number}, before {early.command.client_id}, "
        f"which was acked {by * 1000:.0f} ms before the former was sent"
    )
    return Violation("3 order", "real time", text)
