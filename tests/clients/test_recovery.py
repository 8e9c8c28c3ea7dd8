"""Connection state recovery with the official client, which has it since version 4.6."""

import pytest

from tests.clients.javascript import TRANSPORTS, run_scenarios, titles
from tests.conformance.servers import Server

FILE = "recovery.mjs"


@pytest.fixture(scope="module", params=TRANSPORTS)
def results(request: pytest.FixtureRequest, recovering: Server) -> dict[str, str]:
    return run_scenarios("socket.io-client", request.param, recovering, FILE)


@pytest.mark.parametrize("title", titles(FILE))
def test_recovery(results: dict[str, str], title: str) -> None:
    assert results[title] == "ok", results[title]
