"""What messages say in the end: the same, whichever way one came to it."""

from collections.abc import Iterable, Iterator, Mapping

from parley.verify.history import MESSAGE, Content, Entry, History, Violation


def equal(history: History) -> Iterator[Violation]:
    """A device that applied what it got, the log applied from its beginning, and the history read all agree."""
    for where, reading in history.readings.items():
        truth = fold(reading.log)
        yield from _differing("the history read", where, reading.contents, truth, after=0)
        for device in history.devices:
            view = device.views.get(where)
            if view is not None and not view.left:
                who = f"{device.name} of {device.user_id}"
                yield from _differing(who, where, fold(view.entries), truth, after=view.base)


def fold(entries: Iterable[Entry]) -> dict[int, Content]:
    """Messages by seq, after all that was aimed at them. Nothing changes a deleted one."""
    messages: dict[int, Content] = {}
    for entry in entries:
        if entry.type == MESSAGE:
            messages[entry.seq] = Content(entry.body, deleted=entry.deleted_at is not None)
        elif entry.message_seq in messages and not messages[entry.message_seq].deleted:
            messages[entry.message_seq] = _changed(messages[entry.message_seq], entry)
    return messages


def _changed(message: Content, entry: Entry) -> Content:
    reaction = {(entry.emoji, entry.actor_id)}
    match entry.type:
        case "message.edited":
            return Content(entry.body, deleted=False, reactions=message.reactions)
        case "message.deleted":
            return Content("", deleted=True)
        case "reaction.added":
            return Content(message.body, reactions=message.reactions | reaction)
        case "reaction.removed":
            return Content(message.body, reactions=message.reactions - reaction)
        case _:
            return message


def _differing(
    who: str, where: str, mine: Mapping[int, Content], truth: Mapping[int, Content], *, after: int
) -> Iterator[Violation]:
    """Of the messages on both sides: what is missing is another check's matter."""
    for seq, content in truth.items():
        if seq > after and seq in mine and mine[seq] != content:
            text = f"{where} #{seq}: {who} has {mine[seq]}, the log says {content}"
            yield Violation("4 no gap", "content", text)
