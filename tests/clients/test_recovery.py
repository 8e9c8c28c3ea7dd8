"""Connection state recovery with the official client, which has it since version 4.6."""

import pytest

from tests.clients.javascript import TRANSPORTS, Results, over_each_transport, run_scenarios, titles
from tests.conformance.servers import Server

FILE = "recovery.mjs"


@pytest.fixture(scope="module")
def results(recovering: Server) -> dict[str, Results]:
    package = "socket.io-client"
    return over_each_transport(lambda each: run_scenarios(package, each, recovering, FILE))


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("title", titles(FILE))
def test_recovery(results: dict[str, Results], transport: str, title: str) -> None:
    assert results[transport][title] == "ok", results[transport][title]
