"""`parley backup`: a copy of everything, made while the server runs."""

from pathlib import Path
from typing import Annotated

import typer

from parley.cli.asking import asked, print_json
from parley.control import protocol


def backup(
    target: Annotated[Path, typer.Argument(help="The folder of the backup; new, or empty.")],
    *,
    data: Annotated[Path | None, typer.Option(help="Data folder.", show_default="./data")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of words.")] = False,
) -> None:
    """Copy everything that is kept, as it stands at one moment; messages go on meanwhile.

    A backup holds what people wrote and the hashes of their passwords: keep it as you keep the data folder. The secret
    of the server is not in it.
    """
    made = asked(protocol.Backup(target=str(target.absolute())), data, must_exist=True)
    if as_json:
        print_json(made)
    else:
        typer.echo(f"Backed up {made.entries:,} entries ({made.bytes:,} bytes) to {target}.")
