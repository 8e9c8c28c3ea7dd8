"""A supervisor for development: the server in a process of its own, started anew when the source changes."""

import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import parley
from parley.cli.console import give_up

SOURCE: Final = Path(parley.__path__[0])
SECONDS_TO_STOP: Final = 15


def supervise(flags: Mapping[str, str]) -> None:
    """Run `parley serve` with these flags until interrupted; ends the program where watchfiles is missing."""
    try:
        import watchfiles  # noqa: PLC0415  # only for development, so it may be missing
    except ModuleNotFoundError:
        give_up(
            "--reload needs watchfiles, which `make setup` or `pip install watchfiles` installs."
        )
    command = [sys.executable, "-m", "parley", "serve"]
    for name, value in flags.items():
        command += [f"--{name}", value]
    watchfiles.run_process(
        SOURCE,
        target=shlex.join(command),
        target_type="command",
        watch_filter=watchfiles.PythonFilter(),
        sigint_timeout=SECONDS_TO_STOP,
    )
