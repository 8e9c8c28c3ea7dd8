"""The checker: a history in, violations out. It does no I/O, and a run without end state is none to be checked."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from msgspec import Struct

from parley.verify.checks import access, commands, contents, logs, marks, order, views
from parley.verify.history import History, Violation


class Check(Struct, frozen=True):
    """A promise in words, the function that looks for breaches, and whether a history says anything about it."""

    promise: str
    look: Callable[[History], Iterator[Violation]]
    applies: Callable[[History], bool] = lambda _: True


def _numbered(history: History) -> bool:
    return history.numbered


CHECKS: Final[Sequence[Check]] = (
    Check("every acknowledged command is in the log, where its ack said", commands.durable),
    Check("every client_id is in the log once, answered or not", commands.once),
    Check("no command that was refused is in the log", commands.refused),
    Check("every command got a final answer in the end", commands.answered),
    Check("logs are numbered 1, 2, 3 … without holes", logs.gapless, _numbered),
    Check("time does not run backwards in a log", logs.clock),
    Check("order agrees with real time", order.real_time),
    Check("every device of every member has exactly the log", views.complete),
    Check(
        "no connection that stood passed an entry over, or brought one twice",
        views.seamless,
        _numbered,
    ),
    Check("nobody wrote to a conversation without being in it", access.judged),
    Check("no entry reached somebody who was not a member", access.leaks, _numbered),
    Check("those who are not members read nothing", access.trespasses, lambda it: it.strangers > 0),
    Check("edits, deletions and reactions ended the same everywhere", contents.equal, _numbered),
    Check("read positions move forwards only", marks.forwards, lambda it: bool(it.standings)),
    Check("the server neither ended by itself nor failed to stop", logs.incidents),
)


class Finding(Struct, frozen=True):
    """A promise in words, and what breaks it; whether it could be looked at, on this server."""

    promise: str
    violations: list[Violation]
    applies: bool = True


def examine(history: History) -> list[Finding]:
    """Every check with what it found, in the order of `CHECKS`."""
    return [
        Finding(
            one.promise,
            list(one.look(history)) if (applies := one.applies(history)) else [],
            applies,
        )
        for one in CHECKS
    ]


def check(history: History) -> list[Violation]:
    """Everything that breaks a promise."""
    return [violation for finding in examine(history) for violation in finding.violations]
