"""What a command says to people: one line a problem, on stderr, and an exit code."""

import contextlib
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NoReturn

from parley.settings import Reading, SettingsError, read

FAILED: Final = 1
WRONG_USAGE: Final = 2


def say(line: str) -> None:
    """Print a line to stderr; stdout is for what a command was asked for."""
    print(f"parley: {line}", file=sys.stderr)  # noqa: T201  # this is the one place that prints


def keep_streams() -> None:
    """What whoever started us closed is the null device: else the next socket that is opened takes its number."""
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if getattr(sys, name) is None:
            with contextlib.suppress(OSError):
                os.fstat(number)
                continue
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode))


def give_up(*problems: str, code: int = FAILED) -> NoReturn:
    """End the program with one line a problem."""
    for problem in problems:
        say(problem)
    raise SystemExit(code)


def read_settings(flags: Mapping[str, object]) -> Reading:
    """The settings of this run, what is odd about them said aloud; ends the program where they can't be used."""
    try:
        reading = read(flags, os.environ, Path.cwd())
    except SettingsError as error:
        give_up(*error.problems, code=WRONG_USAGE)
    for warning in reading.warnings:
        say(warning)
    return reading
