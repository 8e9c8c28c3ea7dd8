"""Asking the holder of the data folder, and showing how it goes."""

import asyncio
from pathlib import Path
from typing import TypeVar

import msgspec
import typer
from msgspec import Struct

from parley.cli.console import give_up, read_settings
from parley.cli.holder import NotDone, holder
from parley.cli.progress import progress
from parley.control.protocol import Ask

T = TypeVar("T", bound=Struct)


def asked(ask: Ask[T], data: Path | None, *, must_exist: bool = False) -> T:
    """The answer to a request; ends the program with a line where there is none.

    `must_exist`: where there is no database, none is made.
    """
    settings = read_settings({"data": data}).settings

    async def asking() -> T:
        async with holder(settings, must_exist=must_exist) as holding:
            with progress() as report:
                return await holding.ask(ask, report)

    try:
        return asyncio.run(asking())
    except NotDone as problem:
        give_up(str(problem))
    except KeyboardInterrupt:
        give_up("Interrupted.")


def print_json(answer: Struct) -> None:
    """Print an answer for machines."""
    typer.echo(msgspec.json.format(msgspec.json.encode(answer), indent=2))
