"""Promises 1 and 2: what was acknowledged is durable, and everything is there once."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from parley.verify.history import Command, Entry, History, Told, Violation

ENTRY_OF: Final = {
    "message.send": "message.new",
    "message.edit": "message.edited",
    "message.delete": "message.deleted",
    "reaction.add": "reaction.added",
    "reaction.remove": "reaction.removed",
    "member.add": "member.joined",
    "member.remove": "member.left",
    "conversation.create": "conversation.created",
    "conversation.join": "member.joined",
    "conversation.leave": "member.left",
}
"""What comes of a command, where something does."""


def durable(history: History) -> Iterator[Violation]:
    """An ack names an entry that is in the log, with what was asked for, at the seq that it names."""
    found = _by_client_id(history)
    for told in history.commands:
        for _, answer in told.answers:
            if answer.outcome != "done":
                continue
            where = answer.conversation_id or told.command.conversation_id
            if where not in history.readings:
                yield _broken("1 durable", "unread", told, f"its conversation {where} was not read")
                continue
            entries = found.get((where, told.command.actor_id, told.command.client_id), [])
            if not entries:
                there = _at(history, where, answer.seq)
                yield _broken("1 durable", "lost", told, f"acked #{answer.seq}, there is {there}")
            elif answer.seq not in (0, entries[0].seq):
                yield _broken("1 durable", "moved", told, f"acked #{answer.seq}, is {entries[0]}")
            elif not _fits(told.command, entries[0]):
                yield _broken("1 durable", "altered", told, f"the log has {entries[0]}")


def once(history: History) -> Iterator[Violation]:
    """Of a client_id there is one entry at most, and every answer names the same."""
    for (where, actor_id, client_id), entries in _by_client_id(history).items():
        if client_id and len(entries) > 1:
            seqs = ", ".join(f"#{entry.seq}" for entry in entries if entry.seq)
            text = f"{client_id} of {actor_id} is {len(entries)} times in {where} {seqs}"
            yield Violation("2 once", "twice", text)
    for told in history.commands:
        seqs_told = {answer.seq for _, answer in told.answers if answer.outcome == "done"}
        if len(seqs_told) > 1:
            yield _broken("2 once", "two answers", told, f"was answered with {sorted(seqs_told)}")


def refused(history: History) -> Iterator[Violation]:
    """A refusal says that this attempt is not in the log; an earlier one that got no answer may be."""
    said = _by_client_id(history)
    for told in history.commands:
        command = told.command
        for _, answer in told.answers:
            if answer.code == "client_id_reused":
                yield _broken("2 once", "reused", told, "its retry was taken for another command")
            if answer.outcome != "refused" or told.open:
                continue
            key = command.conversation_id, command.actor_id, command.client_id
            if entries := said.get(key):
                text = f"was refused as {answer.code}, and is in the log as {entries[0]}"
                yield _broken("2 once", "refused and there", told, text)


def answered(history: History) -> Iterator[Violation]:
    """With the server up again, retrying comes to an end."""
    for told in history.commands:
        if all(answer.outcome == "open" for _, answer in told.answers):
            yield _broken("liveness", "stuck", told, f"no final answer in {told.attempts} attempts")


def _by_client_id(history: History) -> dict[tuple[str, str, str], list[Entry]]:
    found: dict[tuple[str, str, str], list[Entry]] = {}
    for where, reading in history.readings.items():
        for entry in reading.log:
            found.setdefault((where, entry.actor_id, entry.client_id), []).append(entry)
    return found


def _at(history: History, where: str, seq: int) -> str:
    there = [entry for entry in history.readings[where].log if entry.seq == seq]
    return str(there[0]) if seq and there else "nothing"


def _fits(command: Command, entry: Entry) -> bool:
    return (
        entry.type == ENTRY_OF.get(command.kind, entry.type)
        and command.message_seq == entry.message_seq
        and entry.emoji == command.emoji
        and (not command.user_id or command.user_id == entry.user_id)
        and (command.kind != "message.send" or _says(command, entry))
    )


def _says(command: Command, entry: Entry) -> bool:
    return bool(entry.edited_at or entry.deleted_at) or command.body == entry.body


def _broken(promise: str, code: str, told: Told, text: str) -> Violation:
    counts = Counter(answer.outcome for _, answer in told.answers)
    said = ", ".join(f"{count} {outcome}" for outcome, count in counts.items())
    return Violation(
        promise, code, f"{told.command} by {told.device} ({told.attempts} attempts; {said}): {text}"
    )
