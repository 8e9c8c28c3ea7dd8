"""The work that is measured: each scenario at its full size, and at one that only shows it runs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

TIMES: Final = "--seconds 2 --warmup 1"
SMOKE_TIMES: Final = "--seconds 0.1 --warmup 0.02"


@dataclass(frozen=True, slots=True)
class Shape:
    """Who takes part, and what the load generator is told of it."""

    rooms: int
    members: int
    options: str = TIMES


@dataclass(frozen=True, slots=True)
class Sizes:
    full: Shape
    smoke: Shape


@dataclass(frozen=True, slots=True)
class Scenario:
    """One kind of work."""

    name: str
    title: str
    unit: str
    counted: str
    """The result of the load generator that counts the units."""
    sizes: Sizes
    options: str = ""
    """The load generator's, whatever the size."""
    memory: bool = False
    """What is measured is resident memory, not processor time."""
    groups: bool = True
    """People meet in conversations; otherwise they are only there."""
    open_loop: bool = False
    """Messages come at a given rate, however fast they are answered."""
    environment: Mapping[str, str] = field(default_factory=dict)

    def shape(self, *, smoke: bool) -> Shape:
        return self.sizes.smoke if smoke else self.sizes.full

    def arguments(self, shape: Shape) -> list[str]:
        """The load generator's, but for who connects where."""
        return [*self.options.split(), *shape.options.split()]


ROOM: Final = Sizes(Shape(1, 1000), Shape(1, 8, SMOKE_TIMES))
CHURN: Final = Sizes(Shape(1, 32), Shape(1, 2, f"{SMOKE_TIMES} --limit 6"))


def _pairs(rooms: int) -> Sizes:
    return Sizes(Shape(rooms, 2), Shape(4, 2, SMOKE_TIMES))


SCENARIOS: Final = {
    scenario.name: scenario
    for scenario in (
        Scenario(
            "S1a",
            "fan-out, closed loop: 1 sender, 1,000 members, 200 bytes",
            unit="delivery",
            counted="deliveries",
            sizes=ROOM,
        ),
        Scenario(
            "S1b",
            "fan-out, 16 messages under way at a time",
            unit="delivery",
            counted="deliveries",
            options="--window 16",
            sizes=ROOM,
        ),
        Scenario(
            "S2",
            "10 one-to-one rooms, closed loop, ack",
            unit="message",
            counted="messages",
            options="--senders 2",
            sizes=_pairs(10),
        ),
        Scenario(
            "S2-warm",
            "10 one-to-one rooms, closed loop, ack, after ten seconds of it",
            unit="message",
            counted="messages",
            options="--senders 2",
            sizes=Sizes(Shape(10, 2, "--seconds 4 --warmup 10"), Shape(4, 2, SMOKE_TIMES)),
        ),
        Scenario(
            "S2-many",
            "300 one-to-one rooms, closed loop, ack",
            unit="message",
            counted="messages",
            options="--senders 2",
            sizes=_pairs(300),
        ),
        Scenario(
            "S3",
            "memory of an idle connection",
            unit="connection",
            counted="connections",
            sizes=Sizes(
                Shape(1, 5000, "--base 500 --settle 1"), Shape(1, 30, "--base 10 --settle 0.05")
            ),
            options="--mode idle",
            memory=True,
            groups=False,
        ),
        Scenario(
            "S4",
            "bursts of 100 messages into 1,000 members",
            unit="delivery",
            counted="deliveries",
            options="--window 100 --burst",
            sizes=ROOM,
        ),
        Scenario(
            "connect-websocket",
            "connect by WebSocket, CONNECT, leave",
            unit="connect",
            counted="connects",
            options="--mode connect",
            groups=False,
            sizes=CHURN,
        ),
        Scenario(
            "connect-default",
            "connect by polling, CONNECT, upgrade, leave",
            unit="connect",
            counted="connects",
            options="--mode connect --upgrade",
            groups=False,
            sizes=CHURN,
        ),
        Scenario(
            "heartbeat",
            "2,000 connections pinged every second",
            unit="ping",
            counted="pings",
            sizes=Sizes(
                Shape(1, 2000, "--seconds 3 --warmup 1"), Shape(1, 5, "--seconds 1.1 --warmup 0")
            ),
            options="--mode heartbeat",
            groups=False,
            environment={"PING_INTERVAL": "1000", "PARLEY_PING_INTERVAL_SECONDS": "1"},
        ),
        Scenario(
            "steady-pairs",
            "100 one-to-one rooms, 2,000 messages a second in all",
            unit="message",
            counted="messages",
            options="--window 64 --rate 2000",
            open_loop=True,
            sizes=_pairs(100),
        ),
        Scenario(
            "steady-room",
            "1 room of 1,000 members, 20 messages a second",
            unit="delivery",
            counted="deliveries",
            options="--window 64 --rate 20",
            open_loop=True,
            sizes=Sizes(ROOM.full, Shape(1, 8, "--seconds 0.2 --warmup 0")),
        ),
    )
}
