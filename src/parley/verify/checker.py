"""The checker: a history in, violations out. It does no I/O, and a run without end state is none to be checked."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from parley.verify.checks import access, commands, contents, logs, marks, order, views
from parley.verify.history import History, Violation

CHECKS: Final[Sequence[tuple[str, Callable[[History], Iterator[Violation]]]]] = (
    ("every acknowledged command is in the log, where its ack said", commands.durable),
    ("every client_id is in the log once, answered or not", commands.once),
    ("no command that was refused is in the log", commands.refused),
    ("every command got a final answer in the end", commands.answered),
    ("logs are numbered 1, 2, 3 … without holes", logs.gapless),
    ("time does not run backwards in a log", logs.clock),
    ("order agrees with real time", order.real_time),
    ("every device of every member has exactly the log", views.complete),
    ("no device was shown a later entry before an earlier one", views.seamless),
    ("nobody wrote to a conversation without being in it", access.judged),
    ("no entry reached somebody who was not a member", access.leaks),
    ("nobody else may read", access.trespasses),
    ("edits, deletions and reactions ended the same everywhere", contents.equal),
    ("read positions move forwards only", marks.forwards),
    ("the server neither ended by itself nor failed to stop", logs.incidents),
)
"""In words for the report, and the function that looks."""


def check(history: History) -> list[Violation]:
    """Everything that breaks a promise, in the order of `CHECKS`."""
    return [violation for _, look in CHECKS for violation in look(history)]
