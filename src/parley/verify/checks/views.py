"""Promises 4 and 5: every device of every member has exactly what the log has."""

from collections import Counter
from collections.abc import Iterator, Sequence

from parley.verify.history import DeviceHistory, Entry, History, View, Violation
from parley.verify.members import at_the_end

FEW = 5


def complete(history: History) -> Iterator[Violation]:
    """What a device put together from pushes and catching up is the log, from where it began to follow it."""
    members = {where: at_the_end(one.log) for where, one in history.readings.items()}
    for device in history.devices:
        for where, reading in history.readings.items():
            view = device.views.get(where)
            if view is not None:
                yield from _compared(device, where, view, reading.log, numbered=history.numbered)
            yield from _knows(device, where, view, within=device.user_id in members[where])


def seamless(history: History) -> Iterator[Violation]:
    """What devices noted themselves, such as that entries were passed over on a connection that went on."""
    for device in history.devices:
        for fault in device.faults:
            yield Violation("4 no gap", "jump", f"{device.name} of {device.user_id}: {fault}")


def _knows(
    device: DeviceHistory, where: str, view: View | None, *, within: bool
) -> Iterator[Violation]:
    who = f"{device.name} of {device.user_id}"
    if within and (view is None or view.left):
        text = f"{who} does not know that they are in {where}"
        yield Violation("5 every device", "conversation", text)
    if not within and view is not None and not view.left:
        text = f"{who} does not know that they are no longer in {where}"
        yield Violation("5 every device", "left", text)


def _compared(
    device: DeviceHistory, where: str, view: View, log: Sequence[Entry], *, numbered: bool
) -> Iterator[Violation]:
    expected = log[view.base :] if numbered else log
    if view.left:
        # What followed is not theirs to see; how far they got before they went is up to where they were cut off.
        expected = expected[: len(view.entries)]
    mine = [entry.key for entry in view.entries]
    truth = [entry.key for entry in expected]
    if mine == truth:
        return
    begin = f", after #{view.base}" if view.base else ""
    who = f"{device.name} of {device.user_id} in {where}{begin}"
    for code, promise, keys in _differences(mine, truth):
        few = ", ".join(_shown(key) for key in keys[:FEW])
        more = f" and {len(keys) - FEW} more" if len(keys) > FEW else ""
        yield Violation(promise, code, f"{who}: {few}{more}")


def _differences(
    mine: Sequence[tuple[int, str, str, str]], truth: Sequence[tuple[int, str, str, str]]
) -> Iterator[tuple[str, str, list[tuple[int, str, str, str]]]]:
    have, should = Counter(mine), Counter(truth)
    if missing := list((should - have).elements()):
        yield "missing", "4 no gap", missing
    if doubled := [key for key, count in have.items() if count > max(1, should[key])]:
        yield "shown twice", "2 once", doubled
    if foreign := [key for key in have if key not in should]:
        yield "not in the log", "1 durable", foreign
    common = [key for key in dict.fromkeys(mine) if key in should]
    proper = [key for key in dict.fromkeys(truth) if key in have]
    if swapped := [one for one, other in zip(common, proper, strict=True) if one != other]:
        yield "another order", "3 order", swapped


def _shown(key: tuple[int, str, str, str]) -> str:
    seq, kind, actor_id, client_id = key
    number = f"#{seq} " if seq else ""
    return f"{number}{kind} of {actor_id} ({client_id})"
