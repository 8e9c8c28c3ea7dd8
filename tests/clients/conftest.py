"""Fixtures: the meeting server, ours (server.py) and the reference (tests/js/meeting.mjs)."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.conformance.servers import JS, Pool, Server

COMMANDS = {
    "ours": [sys.executable, str(Path(__file__).with_name("server.py"))],
    "reference": ["node", str(JS / "meeting.mjs")],
}
# Many heartbeats, and patience with a busy machine.
HEARTBEATS = {"PING_INTERVAL": "200", "PING_TIMEOUT": "5000"}


@pytest.fixture(scope="session")
def meetings() -> Iterator[Pool]:
    with ExitStack() as stack:
        yield Pool(stack, COMMANDS)


@pytest.fixture(scope="module", params=["reference", "ours"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def server(meetings: Pool, kind: str) -> Server:
    return meetings.get(kind, **HEARTBEATS)


@pytest.fixture(scope="module")
def ours(meetings: Pool) -> Server:
    """Our server alone, for what the reference does otherwise; the test says what and why."""
    return meetings.get("ours", **HEARTBEATS)


@pytest.fixture(scope="module")
def recovering(meetings: Pool, kind: str) -> Server:
    """A server with connection state recovery for everybody."""
    return meetings.get(kind, **HEARTBEATS, RECOVERY="1")


@pytest.fixture(scope="module")
def our_recovering(meetings: Pool) -> Server:
    return meetings.get("ours", **HEARTBEATS, RECOVERY="1")


@pytest.fixture(params=["polling", "websocket", "upgrade"])
def transports(request: pytest.FixtureRequest) -> list[str]:
    """What python-socketio's clients take for each choice."""
    return ["polling", "websocket"] if request.param == "upgrade" else [request.param]
