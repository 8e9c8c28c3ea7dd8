"""`parley seed`: sample people and conversations."""

from pathlib import Path
from typing import Annotated

import typer

from parley.cli.asking import asked, print_json
from parley.control import protocol


def seed(
    *,
    people: Annotated[int, typer.Option(min=1, help="How many people.")] = 100,
    conversations: Annotated[
        int, typer.Option(min=0, help="How many conversations: half direct, groups, rooms.")
    ] = 200,
    messages: Annotated[int, typer.Option(min=0, help="How many messages in all.")] = 10_000,
    seed: Annotated[int, typer.Option(help="The same one makes the same people and texts.")] = 1,
    data: Annotated[
        Path | None, typer.Option(help="Data folder; made if missing.", show_default="./data")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of words.")] = False,
) -> None:
    """Fill the store with sample people and conversations of the last 30 days, and say who to sign in as.

    Through the running server where there is one. What is there already stays as it is.
    """
    ask = protocol.Seed(people=people, conversations=conversations, messages=messages, seed=seed)
    made = asked(ask, data)
    if as_json:
        print_json(made)
        return
    typer.echo(
        f"Made {made.people:,} people, {made.conversations:,} conversations and {made.messages:,} messages "
        f"({made.entries:,} entries)."
    )
    typer.echo(f"Sign in as {made.username}, or any of them, with the password {made.password}")
