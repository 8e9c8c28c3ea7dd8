"""Rounds of measurements: every peer in turn, so that a noisy minute falls on all of them."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from bench.generator import LoadFailed
from bench.measuring import Sample, measure
from bench.peers import Peer
from bench.processes import ServerFailed
from bench.scenarios import Scenario
from bench.worlds import Worlds


@dataclass(frozen=True, slots=True)
class Failure:
    """A measurement that came to nothing, and why."""

    scenario: str
    peer: str
    reason: str


def rounds(
    peers: Sequence[Peer],
    scenarios: Sequence[Scenario],
    count: int,
    worlds: Worlds,
    *,
    smoke: bool = False,
) -> Iterator[Sample | Failure]:
    """Yields each measurement as it ends; which peer comes first changes from round to round."""
    for round_ in range(count):
        for scenario in scenarios:
            shape = scenario.shape(smoke=smoke)
            able = [peer for peer in peers if scenario.name not in peer.lacks]
            first = round_ % max(1, len(able))
            for peer in able[first:] + able[:first]:
                try:
                    yield measure(peer, scenario, shape, worlds, round_)
                except (ServerFailed, LoadFailed, httpx.HTTPError) as failed:
                    yield Failure(scenario.name, peer.name, f"{failed}")


def machine() -> dict[str, str | int]:
    """What the figures depend on besides the code."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return {
        "processor": models[0] if models else "unknown",
        "cores": len(os.sched_getaffinity(0)),
        "kernel": os.uname().release,
    }
