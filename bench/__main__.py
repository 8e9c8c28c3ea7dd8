"""`python -m bench`: servers in turn under the same work, and the ratios of their cost."""

import json
import signal
import sys
import tempfile
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from bench.build import NotBuilt, binary
from bench.databases import Databases
from bench.measuring import Sample
from bench.peers import PEERS, Peer
from bench.report import as_json, show
from bench.running import Failure, machine, rounds
from bench.scenarios import SCENARIOS, Scenario
from bench.worlds import Worlds

PAGE_COLUMNS = 120

console = Console(stderr=True)


def main(
    scenario: Annotated[
        list[str] | None, typer.Argument(help=f"Of {', '.join(SCENARIOS)}; all by default.")
    ] = None,
    peers: Annotated[
        str, typer.Option(help="Names with commas between; by default all that can run here.")
    ] = "",
    count: Annotated[
        int, typer.Option("--rounds", min=1, help="Publish medians of five at least.")
    ] = 5,
    smoke: Annotated[
        bool, typer.Option(help="Tiny sizes: shows only that all of it runs.")
    ] = False,
    report: Annotated[
        Path | None, typer.Option("--json", help="Write samples and summary to this file.")
    ] = None,
) -> None:
    """Measures servers side by side: processor time a unit of work, latency, memory.

    The server is pinned to the first core, the load generator to the last.
    """
    signal.signal(signal.SIGTERM, _leave)  # so that servers are stopped on that way out too
    chosen = [_scenario(name) for name in scenario or SCENARIOS]
    able = _able(peers)
    try:
        binary("load")
    except NotBuilt as refused:
        raise typer.BadParameter(f"the load generator cannot be built: {refused}") from None
    if report is not None:
        report.parent.mkdir(parents=True, exist_ok=True)
    samples, failures = _measure(able, chosen, count, smoke)
    show(Console(width=None if sys.stdout.isatty() else PAGE_COLUMNS), samples, failures)
    if report is not None:
        contents = {"machine": machine(), "command": sys.argv[1:], **as_json(samples, failures)}
        report.write_text(json.dumps(contents, indent=1) + "\n")
    if failures:
        raise typer.Exit(1)


def _leave(number: int, frame: object) -> NoReturn:
    raise SystemExit(128 + number)


def _scenario(name: str) -> Scenario:
    if name not in SCENARIOS:
        raise typer.BadParameter(f"there is no scenario {name}")
    return SCENARIOS[name]


def _able(names: str) -> list[Peer]:
    """The peers asked for; of all, those that can run here, saying why the others cannot."""
    wanted = [name for name in names.split(",") if name] or list(PEERS)
    able = []
    for name in wanted:
        if name not in PEERS:
            raise typer.BadParameter(f"there is no peer {name}; there are {', '.join(PEERS)}")
        if reason := PEERS[name].missing():
            console.print(f"without {name}: {reason}", markup=False)
        else:
            able.append(PEERS[name])
    return able


def _measure(
    able: list[Peer], chosen: list[Scenario], count: int, smoke: bool
) -> tuple[list[Sample], list[Failure]]:
    samples: list[Sample] = []
    failures: list[Failure] = []
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        Databases(Path(folder)) as databases,
        console.status("starting") as status,
    ):
        worlds = Worlds(Path(folder), databases)
        for outcome in rounds(able, chosen, count, worlds, smoke=smoke):
            status.update(f"{outcome.scenario} on {outcome.peer}")
            if isinstance(outcome, Failure):
                failures.append(outcome)
            else:
                samples.append(outcome)
    return samples, failures


if __name__ == "__main__":
    typer.run(main)
