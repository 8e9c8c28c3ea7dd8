"""The official JavaScript client in Node: four versions, three choices of transports."""

import pytest

from tests.clients.javascript import TRANSPORTS, Results, over_each_transport, run_scenarios, titles
from tests.conformance.servers import Server

PACKAGES = [
    "socket.io-client",
    "socket.io-client-4.5",
    "socket.io-client-4.0",
    "socket.io-client-3.1",
]
FILE = "scenarios.mjs"


@pytest.fixture(scope="module", params=PACKAGES)
def results(request: pytest.FixtureRequest, server: Server) -> dict[str, Results]:
    """All scenarios run at once; each test looks at its own."""
    package = request.param
    return over_each_transport(lambda each: run_scenarios(package, each, server, FILE))


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("title", titles(FILE))
def test_the_official_client(results: dict[str, Results], transport: str, title: str) -> None:
    assert results[transport][title] == "ok", results[transport][title]
