"""`parley serve`: run the server."""

from pathlib import Path
from typing import Annotated

import typer

from parley.cli.console import give_up, read_settings
from parley.cli.reload import supervise
from parley.node import CannotStart
from parley.node import serve as serve_with


def serve(
    host: Annotated[
        str | None, typer.Option(help="Address to listen on.", show_default="127.0.0.1")
    ] = None,
    port: Annotated[
        int | None, typer.Option(help="Port to listen on.", show_default="8000")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="Data folder; made if missing.", show_default="./data")
    ] = None,
    reload: Annotated[
        bool, typer.Option("--reload", help="Start anew whenever Parley's own source changes.")
    ] = False,
) -> None:
    """Serve REST and Socket.IO until told to stop. `parley settings` lists everything that can be set."""
    flags = {"host": host, "port": port, "data": data}
    settings = read_settings(flags).settings
    if reload:
        supervise({name: str(value) for name, value in flags.items() if value is not None})
        return
    try:
        serve_with(settings)
    except CannotStart as problem:
        give_up(str(problem))
