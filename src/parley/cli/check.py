"""`parley check`: is what the store holds whole?"""

from pathlib import Path
from typing import Annotated, Final

import typer

from parley.cli.asking import asked, print_json
from parley.cli.console import FAILED
from parley.control import protocol

ADVICE: Final = (
    "Stop the server, keep a copy of the data folder, look at the disk and its logs, and restore a backup: "
    "parley restore BACKUP --data NEW-FOLDER, then parley check --data NEW-FOLDER."
)


def check(
    *,
    data: Annotated[Path | None, typer.Option(help="Data folder.", show_default="./data")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of words.")] = False,
) -> None:
    """Tell every log again, judge each entry by the rules, and compare all that is kept beside with what they say.

    Through the running server where there is one. Exit code 1 where something is wrong.
    """
    found = asked(protocol.Check(), data, must_exist=True)
    if as_json:
        print_json(found)
    else:
        _print(found)
    if found.count:
        raise SystemExit(FAILED)


def _print(found: protocol.Checked) -> None:
    for fault in found.faults:
        where = f"{fault.conversation_id}: " if fault.conversation_id else ""
        typer.echo(f"{fault.kind}: {where}{fault.message}")
    if found.count > len(found.faults):
        typer.echo(f"… and {found.count - len(found.faults):,} more.")
    if any(fault.kind == "file_damaged" for fault in found.faults):
        typer.echo(f"The file is damaged, so nothing else was looked at. {ADVICE}")
        return
    looked_at = f"{found.entries:,} entries of {found.conversations:,} conversations, and {found.accounts:,} accounts"
    verdict = f"{found.count:,} faults in" if found.count else "All is well with"
    typer.echo(f"{verdict} {looked_at}.")
    if found.count:
        typer.echo(f"Nothing was repaired. {ADVICE}")
