"""`parley settings`: every setting, with its default, value and meaning."""

import json
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from parley.cli.console import read_settings
from parley.settings import Field, Reading, Source, fields


def show(
    as_json: Annotated[
        bool, typer.Option("--json", help="Print a JSON array instead of a table.")
    ] = False,
) -> None:
    """Show every setting: its variable, default, present value, where that came from, and meaning."""
    reading = read_settings({})
    if as_json:
        typer.echo(json.dumps([_described(field, reading) for field in fields()], indent=2))
    else:
        Console().print(_table(reading))


def _described(field: Field, reading: Reading) -> dict[str, str | bool]:
    return {
        "variable": field.variable,
        "default": field.display(field.default),
        "value": field.display(getattr(reading.settings, field.name)),
        "source": reading.sources[field.name],
        "allowed": field.allowed,
        "meaning": field.meaning,
        "secret": field.secret,
    }


def _table(reading: Reading) -> Table:
    table = Table(
        box=box.SIMPLE_HEAD,
        caption="A flag comes before the environment, that before .env, and that before the default.",
        caption_justify="left",
    )
    for column in ("setting", "default", "value"):
        table.add_column(column, overflow="fold")
    for field in fields():
        said = {key: escape(str(value)) for key, value in _described(field, reading).items()}
        changed = reading.sources[field.name] is not Source.DEFAULT
        value = f"[bold]{said['value']}[/] [dim]({said['source']})[/]" if changed else said["value"]
        table.add_row(f"[bold]{field.variable}[/]\n{said['meaning']}", said["default"], value)
    return table
