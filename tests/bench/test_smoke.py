"""The scenarios run on every server that is here, at tiny sizes."""

import shutil
from pathlib import Path

import pytest

from bench.databases import Databases
from bench.measuring import Sample
from bench.peers import PEERS
from bench.running import Failure, rounds
from bench.scenarios import SCENARIOS
from bench.worlds import Worlds

OPTIONAL = {"node-durable-normal", "node-durable-full", "node-mongoose"}
"""What `make bench` installs and the tests can do without."""
TWICE = {"node-durable-full", "parley-full"}
"""The same programs again, with one setting changed: they are left to real runs."""

BRIEFLY = {
    "python-socketio",
    "node-durable-normal",
    "parley-normal",
    "node-mongoose",
    "parley-mongodb",
}
"""These start slowly; the ways in which they differ from the others show in a few scenarios."""
FEW = ("S1b", "S2", "S3", "connect-default")

SMOKED = [
    name
    for name, peer in PEERS.items()
    if name not in TWICE and not (name in OPTIONAL and peer.missing())
]

pytestmark = pytest.mark.skipif(not shutil.which("cc"), reason="cc is not installed")


@pytest.mark.parametrize("name", SMOKED)
def test_the_scenarios_run(name: str, tmp_path: Path) -> None:
    peer = PEERS[name]
    if reason := peer.missing():
        pytest.skip(reason)
    scenarios = [SCENARIOS[wanted] for wanted in (FEW if name in BRIEFLY else SCENARIOS)]
    with Databases(tmp_path) as databases:
        worlds = Worlds(tmp_path, databases)
        outcomes = list(rounds([peer], scenarios, 1, worlds, smoke=True))
    assert [outcome for outcome in outcomes if isinstance(outcome, Failure)] == []
    asked = {scenario.name for scenario in scenarios} - peer.lacks
    assert {outcome.scenario for outcome in outcomes} == asked
    assert all(outcome.units > 0 for outcome in outcomes if isinstance(outcome, Sample))
