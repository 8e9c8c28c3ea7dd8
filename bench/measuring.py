"""One measurement: a fresh server, one scenario, its cost a unit."""

from dataclasses import dataclass

from bench.generator import Generator, LoadFailed
from bench.peers import Peer
from bench.processes import Server, free_port
from bench.scenarios import Scenario, Shape
from bench.worlds import Worlds


@dataclass(frozen=True, slots=True)
class Sample:
    """What one unit of the work cost, and how it went."""

    scenario: str
    peer: str
    round: int
    units: int
    cost: float
    """Microseconds of processor time, or bytes where memory is measured."""
    seconds: float
    server_share: float
    """Of one core while the work went on; near 1 in a closed loop if the load keeps up."""
    load_share: float
    held_back: int
    """Messages of an open loop that were not sent because the server was too far behind."""
    delivery_us: dict[str, float]
    completion_us: dict[str, float]


def measure(peer: Peer, scenario: Scenario, shape: Shape, worlds: Worlds, round_: int) -> Sample:
    """Starts the peer, does the work once, stops the peer.

    Raises:
        ServerFailed, LoadFailed: the sample would mean nothing.
        httpx.HTTPError: the peer cannot be filled with people.
    """
    world = worlds.prepare(peer, scenario, shape)
    port = free_port()
    environment = {**peer.environment, **scenario.environment, **world.environment}
    arguments = [*world.arguments, *peer.dialect.arguments(), *scenario.arguments(shape)]
    with (
        Server([*peer.command, str(port)], port, environment) as server,
        Generator([f"--port={port}", *arguments]) as generator,
    ):
        cpu, rss = server.cpu_seconds(), server.rss_bytes()
        result = generator.perform()
        cpu, rss = server.cpu_seconds() - cpu, server.rss_bytes() - rss
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
