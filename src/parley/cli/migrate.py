"""`parley migrate`: move everything to another store."""

import asyncio
import os
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from parley.adapters.files.data_folder import DataFolder, DataFolderError
from parley.adapters.security.clock import SystemClock
from parley.cli.console import FAILED, WRONG_USAGE, give_up
from parley.model.errors import Unavailable
from parley.ports.transfer import NotForThis
from parley.services.migration import Line, Migration, Side
from parley.settings import Settings
from parley.stores import CannotOpenStore, Stores, open_stores

SQLITE = "sqlite:"
TIMEOUT_SECONDS = 120.0
MONGODB = ("mongodb://", "mongodb+srv://")


def migrate(
    source: Annotated[
        str, typer.Option("--from", help="sqlite:FOLDER, a data folder, or mongodb://HOST/DATABASE")
    ],
    target: Annotated[str, typer.Option("--to", help="mongodb://HOST/DATABASE, an empty one")],
) -> None:
    """Copy accounts, sessions and conversations to another store, and compare both.

    Ids, numbers and the store's epoch stay, so clients go on from where they are. No server may run on either store
    meanwhile. Interrupted, it goes on where it was when it is run again.
    """
    if not source.startswith((SQLITE, *MONGODB)) or not target.startswith(MONGODB):
        give_up("Give --from sqlite:FOLDER or mongodb://…, and --to mongodb://….", code=WRONG_USAGE)
    try:
        lines = asyncio.run(_run(source, target))
    except (CannotOpenStore, DataFolderError, NotForThis) as problem:
        give_up(str(problem))
    except Unavailable:
        give_up("A store stopped answering. Run it again: it goes on where it was.")
    except KeyboardInterrupt:
        give_up("Interrupted. Run it again: it goes on where it was.")
    _print(lines)
    if not all(line.agrees for line in lines):
        raise SystemExit(FAILED)


async def _run(source: str, target: str) -> list[Line]:
    async with AsyncExitStack() as inside:
        clock = SystemClock()
        folder = None
        settings = _patient(source)
        if source.startswith(SQLITE):
            folder = inside.enter_context(_existing(Path(source.removeprefix(SQLITE))))
            settings = Settings(data=folder.path)
        old = await open_stores(settings, folder, clock, inside)
        new = await open_stores(_patient(target), None, clock, inside, old.identity)
        if new.intake is None:
            raise NotForThis("Only a MongoDB can take over another store.")
        total = await old.catalogue.count("entries")
        with _progress() as bar:
            copying = bar.add_task("entries", total=total)
            migration = Migration(_side(old), _side(new), new.intake)
            return await migration.run(lambda count: bar.advance(copying, count))


def _patient(address: str) -> Settings:
    """Nobody waits for an answer here, so a slow one is better than none."""
    return Settings(store=address, mongodb_timeout_seconds=TIMEOUT_SECONDS)


def _existing(path: Path) -> DataFolder:
    if not path.is_dir():
        message = f"There is no data folder {path}."
        raise DataFolderError(message)
    return DataFolder(path)


def _side(stores: Stores) -> Side:
    names = [field.name for field in msgspec.structs.fields(Side)]
    return Side(**{name: getattr(stores, name) for name in names})


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(file=sys.stderr),
        disable=not os.isatty(sys.stderr.fileno()),
    )


def _print(lines: Sequence[Line]) -> None:
    table = Table("kind", "source", "target", "")
    for line in lines:
        verdict = "same" if line.agrees else "DIFFERENT"
        table.add_row(line.kind, f"{line.source:,}", f"{line.target:,}", verdict)
    Console().print(table)
