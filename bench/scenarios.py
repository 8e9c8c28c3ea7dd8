"""The work that is measured. Each scenario has its full size and a tiny one that only shows that it runs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

HEARTBEAT_MS = 1000


@dataclass(frozen=True, slots=True)
class Shape:
    """Who takes part, and the load generator's other options."""

    rooms: int
    members: int
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scenario:
    """One kind of work; `counted` names the result that is the unit cost is counted by."""

    name: str
    title: str
    unit: str
    counted: str
    full: Shape
    smoke: Shape
    memory: bool = False
    """What is measured is resident memory, not processor time."""
    environment: Mapping[str, str] = field(default_factory=dict)
    groups: bool = True
    """People meet in conversations; otherwise they are only there."""


def _options(text: str) -> tuple[str, ...]:
    return tuple(text.split())


TIMES = "--seconds 3 --warmup 1.5"
SMOKE_TIMES = "--seconds 0.1 --warmup 0.02"


def _messages(
    name: str, title: str, unit: str, full: tuple[int, int], smoke: tuple[int, int], options: str
) -> Scenario:
    return Scenario(
        name=name,
        title=title,
        unit=unit,
        counted="deliveries" if unit == "delivery" else "messages",
        full=Shape(*full, _options(f"{options} {TIMES}")),
        smoke=Shape(*smoke, _options(f"{options} {SMOKE_TIMES}")),
    )


def _connects(name: str, title: str, options: str) -> Scenario:
    return Scenario(
        name=name,
        title=title,
        unit="connect",
        counted="connects",
        full=Shape(1, 32, _options(f"--mode connect {options} {TIMES}")),
        smoke=Shape(1, 2, _options(f"--mode connect {options} --limit 6 {SMOKE_TIMES}")),
        groups=False,
    )


SCENARIOS: Final = {
    scenario.name: scenario
    for scenario in (
        _messages(
            "S1a",
            "fan-out, closed loop: 1 sender, 1,000 members, 200 bytes",
            "delivery",
            (1, 1000),
            (1, 8),
            "",
        ),
        _messages(
            "S1b",
            "fan-out, 8 messages under way at a time",
            "delivery",
            (1, 1000),
            (1, 8),
            "--window 8",
        ),
        _messages(
            "S2",
            "10 one-to-one rooms, closed loop, ack",
            "message",
            (10, 2),
            (4, 2),
            "--senders 2",
        ),
        _messages(
            "S2-many",
            "300 one-to-one rooms, closed loop, ack",
            "message",
            (300, 2),
            (6, 2),
            "--senders 2",
        ),
        _messages(
            "S4",
            "bursts of 100 messages into 1,000 members",
            "delivery",
            (1, 1000),
            (1, 8),
            "--window 100 --burst",
        ),
        _messages(
            "steady-pairs",
            "100 one-to-one rooms, 2,000 messages a second in all",
            "message",
            (100, 2),
            (4, 2),
            "--window 64 --rate 2000",
        ),
        _messages(
            "steady-room",
            "1 room of 1,000 members, 20 messages a second",
            "delivery",
            (1, 1000),
            (1, 8),
            "--window 64 --rate 20",
        ),
        Scenario(
            name="S3",
            title="memory of an idle connection",
            unit="connection",
            counted="connections",
            full=Shape(1, 5000, _options("--mode idle --base 500 --settle 2")),
            smoke=Shape(1, 30, _options("--mode idle --base 10 --settle 0.05")),
            memory=True,
            groups=False,
        ),
        _connects("connect-websocket", "connect by WebSocket, CONNECT, leave", ""),
        _connects("connect-default", "connect by polling, CONNECT, upgrade, leave", "--upgrade"),
        Scenario(
            name="heartbeat",
            title="2,000 connections pinged every second",
            unit="ping",
            counted="pings",
            full=Shape(1, 2000, _options("--mode heartbeat --seconds 4 --warmup 1")),
            smoke=Shape(1, 5, _options("--mode heartbeat --seconds 1.1 --warmup 0")),
            environment={
                "PING_INTERVAL": str(HEARTBEAT_MS),
                "PARLEY_PING_INTERVAL_SECONDS": str(HEARTBEAT_MS / 1000),
            },
            groups=False,
        ),
    )
}
