"""Ratios and medians of the report."""

from io import StringIO

import pytest
from rich.console import Console

from bench.measuring import Sample
from bench.report import rows, show
from bench.running import Failure

LATENCY = {"p50": 100.0, "p90": 200.0, "p99": 300.0}


def sample(peer: str, round_: int, cost: float) -> Sample:
    return Sample(
        scenario="S1a",
        peer=peer,
        round=round_,
        units=1000,
        cost=cost,
        seconds=1.0,
        server_share=1.0,
        load_share=0.5,
        held_back=0,
        delivery_us=LATENCY,
        completion_us=LATENCY,
    )


def test_a_ratio_is_the_median_of_ratios_within_rounds() -> None:
    """The machine was three times slower in round 1; that says nothing about the servers."""
    node = [sample("node", 0, 10.0), sample("node", 1, 30.0), sample("node", 2, 10.0)]
    bare = [sample("bare", 0, 5.0), sample("bare", 1, 15.0), sample("bare", 2, 4.0)]
    row = next(row for row in rows(node + bare) if row.peer == "bare")
    assert row.ratio == 2.0
    assert (row.worst_ratio, row.best_ratio) == (2.0, 2.5)
    assert row.cost == 5.0


def test_without_the_reference_there_is_a_cost_and_no_ratio() -> None:
    (row,) = rows([sample("bare", 0, 5.0)])
    assert row.cost == 5.0
    assert row.ratio is None


def test_a_round_without_the_reference_counts_for_no_ratio() -> None:
    samples = [sample("node", 0, 10.0), sample("bare", 0, 5.0), sample("bare", 1, 1.0)]
    row = next(row for row in rows(samples) if row.peer == "bare")
    assert row.ratio == 2.0


@pytest.mark.parametrize("shown", ["2.00", "Parley's socketio package", "S2 on node failed: lost"])
def test_the_table_shows_ratios_and_failures(shown: str) -> None:
    out = Console(file=StringIO(), width=200)
    samples = [sample("node", 0, 10.0), sample("bare", 0, 5.0)]
    show(out, samples, [Failure("S2", "node", "lost")])
    assert isinstance(out.file, StringIO)
    assert shown in out.file.getvalue()
