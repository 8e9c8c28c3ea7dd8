"""`parley restore`: a backup becomes a data folder."""

import secrets
from pathlib import Path
from typing import Annotated

import typer

from parley.adapters.files.data_folder import DataFolder, DataFolderError
from parley.adapters.sqlite.backups import restore as restore_into
from parley.cli.console import give_up, read_settings
from parley.ports.backups import CannotBackUp


def restore(
    backup: Annotated[Path, typer.Argument(help="The folder that `parley backup` made.")],
    *,
    data: Annotated[
        Path | None, typer.Option(help="Data folder; made if missing.", show_default="./data")
    ] = None,
) -> None:
    """Put a backup into a data folder without a database, which no server may hold.

    The store gets a new epoch: clients notice, and fetch their conversations afresh.
    """
    settings = read_settings({"data": data}).settings
    try:
        with DataFolder(settings.data, allow_network=settings.allow_network_data) as folder:
            manifest = restore_into(backup, folder.path, secrets.token_bytes)
    except (DataFolderError, CannotBackUp) as problem:
        give_up(str(problem))
    typer.echo(f"Restored {manifest.entries:,} entries to {settings.data}, with a new epoch.")
