"""Promise 6: only members."""

from collections.abc import Iterator, Mapping

from parley.verify.history import Arrivals, DeviceHistory, History, Violation
from parley.verify.members import Stays, walk

When = Mapping[tuple[str, str], float]
"""When the command of an entry was first sent, by (actor_id, client_id): it can't have been in the log before."""


def judged(history: History) -> Iterator[Violation]:
    """Every entry was made by somebody who was in right before it, except where it is what lets them in."""
    for where, reading in history.readings.items():
        open_to_all = bool(reading.log) and reading.log[0].kind == "room"
        for entry, members in walk(reading.log):
            first = entry.type == "conversation.created"
            enters = entry.type == "member.joined" and entry.user_id == entry.actor_id
            if entry.actor_id not in members and not first and not (enters and open_to_all):
                text = (
                    f"{where}: {entry} is in the log, though its actor was not a member before it"
                )
                yield Violation("6 members", "outsider", text)


def leaks(history: History) -> Iterator[Violation]:
    """A member reads the whole log; so an entry leaked if it came while its receiver can't have been one."""
    sent: When = {
        (told.command.actor_id, told.command.client_id): told.sent_at for told in history.commands
    }
    for device in history.devices:
        for where, arrivals in device.arrivals.items():
            reading = history.readings.get(where)
            if reading is not None:
                yield from _leaked(
                    device, where, arrivals, Stays(reading.log, device.user_id), sent
                )


def trespasses(history: History) -> Iterator[Violation]:
    """At the end those who are not in were refused."""
    for one in history.trespasses:
        text = f"{one.user_id} read {one.conversation_id}, without being in it"
        yield Violation("6 members", "trespass", text)


def _leaked(
    device: DeviceHistory, where: str, arrivals: Arrivals, stays: Stays, sent: When
) -> Iterator[Violation]:
    if stays.ranges and stays.ranges[0][0].seq == 1 and stays.ranges[0][1] is None:
        return  # in from the first entry to the last: the usual case, and the quick one
    for seq, at in zip(arrivals.seqs, arrivals.times, strict=True):
        if stays.covers(seq):
            continue
        back = stays.next_join(seq)
        if back is None or sent.get((back.actor_id, back.client_id), 0.0) > at:
            when = f"who comes back with {back} only" if back is not None else "who is not in again"
            text = f"{where} #{seq} came to {device.name} of {device.user_id}, {when}"
            yield Violation("6 members", "leak", text)
