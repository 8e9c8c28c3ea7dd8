"""Fixtures: each server with the options that a test needs, ours and the reference in turn."""

import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack

import httpx
import pytest

from tests.conformance.pace import Pace
from tests.conformance.raw_websocket import RawWebSocket
from tests.conformance.servers import JS, ROOT, Pool, Server
from tests.conformance.wires import http_client

COMMANDS = {
    "ours": [sys.executable, str(ROOT / "examples" / "conformance" / "server.py")],
    "reference": ["node", str(JS / "reference.mjs")],
}
# Heartbeats that no test meets by accident; CONNECT timeouts likewise.
CALM = {"PING_INTERVAL": "25000", "PING_TIMEOUT": "20000", "CONNECT_TIMEOUT": "20000"}

ECHO = "/__ws_echo"


@pytest.fixture(scope="session")
def pool() -> Iterator[Pool]:
    with ExitStack() as stack:
        yield Pool(stack, COMMANDS)


@pytest.fixture(scope="module", params=["reference", "ours"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def server(pool: Pool, kind: str) -> Server:
    """Either server with long timeouts."""
    return pool.get(kind, **CALM)


@pytest.fixture
def ours(pool: Pool) -> Server:
    """Our server alone, for what the reference does otherwise; the test says what and why."""
    return pool.get("ours", **CALM)


@pytest.fixture
def pace(pool: Pool, kind: str) -> Pace:
    """Either server with short times; see `unhurried`."""
    return Pace(pool, kind)


@pytest.fixture
def small(pool: Pool, kind: str) -> Server:
    """Either server with payloads of at most 10,000 bytes."""
    return pool.get(kind, **CALM, MAX_PAYLOAD="10000")


@pytest.fixture
async def http(server: Server) -> AsyncIterator[httpx.AsyncClient]:
    async with http_client(server) as client:
        yield client


@pytest.fixture(params=["polling", "websocket"])
def transport(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def raw(server: Server) -> AsyncIterator[RawWebSocket]:
    """A raw WebSocket to the echo of either server."""
    async with RawWebSocket.open(server, ECHO) as connection:
        yield connection


@pytest.fixture
async def our_raw(ours: Server) -> AsyncIterator[RawWebSocket]:
    """A raw WebSocket to our echo alone."""
    async with RawWebSocket.open(ours, ECHO) as connection:
        yield connection
