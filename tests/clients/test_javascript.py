"""The official JavaScript client in Node: four versions, three choices of transports."""

import pytest

from tests.clients.javascript import TRANSPORTS, run_scenarios, titles
from tests.conformance.servers import Server

PACKAGES = [
    "socket.io-client",
    "socket.io-client-4.5",
    "socket.io-client-4.0",
    "socket.io-client-3.1",
]
FILE = "scenarios.mjs"


@pytest.fixture(scope="module", params=PACKAGES)
def package(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module", params=TRANSPORTS)
def results(request: pytest.FixtureRequest, server: Server, package: str) -> dict[str, str]:
    """All scenarios run at once; each test looks at its own."""
    return run_scenarios(package, request.param, server, FILE)


@pytest.mark.parametrize("title", titles(FILE))
def test_the_official_client(results: dict[str, str], title: str) -> None:
    assert results[title] == "ok", results[title]
