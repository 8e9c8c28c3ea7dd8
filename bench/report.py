"""From samples to ratios: medians over rounds, each compared with the reference in its round."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from bench.measuring import Sample
from bench.peers import PEERS
from bench.running import Failure
from bench.scenarios import SCENARIOS, Scenario


@dataclass(frozen=True, slots=True)
class Row:
    """One peer at one scenario, in medians. A ratio is the reference's cost over the peer's."""

    scenario: str
    peer: str
    rounds: int
    cost: float
    ratio: float | None
    """None: the reference was not measured in any same round."""
    worst_ratio: float | None
    best_ratio: float | None
    p50_us: float
    p90_us: float
    p99_us: float
    server_share: float
    load_share: float
    held_back: int


def rows(samples: Sequence[Sample]) -> list[Row]:
    """One row a scenario and peer, in the order in which they are listed."""
    found = []
    for scenario in SCENARIOS:
        for peer in PEERS.values():
            own = _of(samples, scenario, peer.name)
            if own:
                found.append(_row(own, _of(samples, scenario, peer.reference)))
    return found


def _of(samples: Iterable[Sample], scenario: str, peer: str) -> list[Sample]:
    return [sample for sample in samples if (sample.scenario, sample.peer) == (scenario, peer)]


def _row(own: Sequence[Sample], reference: Sequence[Sample]) -> Row:
    unit = {sample.round: sample.cost for sample in reference}
    measurable = [sample for sample in own if sample.round in unit and sample.cost > 0]
    ratios = [unit[sample.round] / sample.cost for sample in measurable]
    latencies = [_latency(sample) for sample in own]
    return Row(
        scenario=own[0].scenario,
        peer=own[0].peer,
        rounds=len(own),
        cost=statistics.median(sample.cost for sample in own),
        ratio=statistics.median(ratios) if ratios else None,
        worst_ratio=min(ratios, default=None),
        best_ratio=max(ratios, default=None),
        p50_us=statistics.median(latency["p50"] for latency in latencies),
        p90_us=statistics.median(latency["p90"] for latency in latencies),
        p99_us=statistics.median(latency["p99"] for latency in latencies),
        server_share=statistics.median(sample.server_share for sample in own),
        load_share=statistics.median(sample.load_share for sample in own),
        held_back=max(sample.held_back for sample in own),
    )


def _latency(sample: Sample) -> dict[str, float]:
    """Of a delivery in an open loop; else of the whole: a message at its last member, a burst."""
    open_loop = SCENARIOS[sample.scenario].open_loop
    return sample.delivery_us if open_loop else sample.completion_us


def as_json(samples: Sequence[Sample], failures: Sequence[Failure]) -> dict[str, object]:
    return {
        "summary": [asdict(row) for row in rows(samples)],
        "failures": [asdict(failure) for failure in failures],
        "samples": [asdict(sample) for sample in samples],
    }


def show(console: Console, samples: Sequence[Sample], failures: Sequence[Failure]) -> None:
    """Prints a table a scenario, and what failed."""
    found = rows(samples)
    for scenario in SCENARIOS.values():
        own = [row for row in found if row.scenario == scenario.name]
        if own:
            console.print(_table(scenario, own))
    for failure in dict.fromkeys(failures):
        last_words = failure.reason.strip().rpartition("\n")[2]
        console.print(f"{failure.scenario} on {failure.peer} failed: {last_words}", markup=False)


def _table(scenario: Scenario, own: Sequence[Row]) -> Table:
    rounds = max(row.rounds for row in own)
    title = f"{scenario.name}: {scenario.title}; {rounds} round{'s' if rounds > 1 else ''}"
    table = Table(title=title, title_justify="left", box=SIMPLE)
    table.add_column("", min_width=30)
    table.add_column(f"cost a {scenario.unit}", justify="right", min_width=17)
    table.add_column("ratio", justify="right", min_width=6)
    for heading in ("range", "p50", "p90", "p99"):
        table.add_column(heading, justify="right", min_width=7)
    for heading in ("busy", "load"):
        table.add_column(heading, justify="right")
    for row in own:
        table.add_row(PEERS[row.peer].title, *_cells(scenario, row))
    return table


def _cells(scenario: Scenario, row: Row) -> list[str]:
    ratio = spread = "-"
    if row.ratio is not None and row.worst_ratio is not None and row.best_ratio is not None:
        ratio, spread = f"{row.ratio:.2f}", f"{row.worst_ratio:.2g}-{row.best_ratio:.2g}"
    cost = f"{row.cost / 1024:.1f} KB" if scenario.memory else f"{row.cost:.2f} µs"
    if row.held_back:
        cost += f" ({row.held_back} held back)"
    latencies = [_duration(us) for us in (row.p50_us, row.p90_us, row.p99_us)]
    shares = [f"{row.server_share:.0%}", f"{row.load_share:.0%}"]
    return [cost, ratio, spread, *latencies, *shares]


def _duration(us: float) -> str:
    if not us:
        return "-"
    return f"{us:.0f} µs" if us < 1000 else f"{us / 1000:.1f} ms"
