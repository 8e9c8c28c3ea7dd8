"""The program `parley`: its commands, and what all of them share.

Exit codes: 0 done, 1 it could not be done, 2 the command line or a setting is wrong.
"""

import importlib.metadata
from typing import Annotated

import typer

from parley.cli import admin, backup, check, migrate, restore, seed, serve, settings, verify
from parley.cli.console import keep_streams

app = typer.Typer(
    name="parley",
    help="A real-time chat backend: REST and Socket.IO over a log per conversation.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("serve")(serve.serve)
app.command("migrate")(migrate.migrate)
app.command("seed")(seed.seed)
app.command("check")(check.check)
app.command("backup")(backup.backup)
app.command("restore")(restore.restore)
app.command("settings")(settings.show)
app.add_typer(admin.app, name="admin")
app.command("verify")(verify.verify)


def _print_version(wanted: bool) -> None:  # the shape of Typer's callbacks
    if wanted:
        typer.echo(f"parley {importlib.metadata.version('parley')}")
        raise typer.Exit


@app.callback()
def parley(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """A real-time chat backend: REST and Socket.IO over a log per conversation."""
    keep_streams()
