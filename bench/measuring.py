"""One measurement: a fresh server, one scenario, its cost a unit."""

from dataclasses import asdict, dataclass
from typing import Any

from bench.generator import Generator, LoadFailed, Result
from bench.peers import Peer
from bench.processes import Server, free_port
from bench.scenarios import Scenario, Shape
from bench.worlds import Worlds


@dataclass(frozen=True, slots=True)
class Sample:
    """What one unit of the work cost, in microseconds of processor time or in bytes, and how it went."""

    scenario: str
    peer: str
    round: int
    units: int
    cost: float
    seconds: float
    server_share: float
    """Of one core, while the work went on. Near 1: the server was the bottleneck, as it should be in a closed loop."""
    load_share: float
    held_back: int
    """Messages of an open loop that were not sent because the server was too far behind."""
    delivery_us: dict[str, float]
    completion_us: dict[str, float]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def measure(peer: Peer, scenario: Scenario, shape: Shape, worlds: Worlds, round_: int) -> Sample:
    """Starts the peer, does the work once, stops the peer.

    Raises:
        ServerFailed, LoadFailed: the sample would mean nothing.
    """
    environment = {**peer.environment, **scenario.environment}
    world = worlds.prepare(peer, scenario, shape)
    port = free_port()
    with Server([*peer.command, str(port)], port, {**environment, **world.environment}) as server:
        arguments = [f"--port={port}", *world.arguments, *peer.dialect.arguments()]
        with Generator([*arguments, *shape.options]) as generator:
            cpu, rss = server.cpu_seconds(), server.rss_bytes()
            result = generator.perform()
            cpu, rss = server.cpu_seconds() - cpu, server.rss_bytes() - rss
    return _sample(peer, scenario, round_, result, cpu, rss)


def _sample(
    peer: Peer, scenario: Scenario, round_: int, result: Result, cpu: float, rss: int
) -> Sample:
    units = result.counts[scenario.counted]
    if not units:
        raise LoadFailed("nothing was done in the time given")
    return Sample(
        scenario=scenario.name,
        peer=peer.name,
        round=round_,
        units=units,
        cost=(rss if scenario.memory else cpu * 1e6) / units,
        seconds=result.seconds,
        server_share=cpu / result.seconds,
        load_share=result.cpu_seconds / result.seconds,
        held_back=result.held_back,
        delivery_us=result.delivery_us,
        completion_us=result.completion_us,
    )
