"""The official Engine.IO client by itself, against the bare echo of the conformance servers."""

from collections.abc import Iterator

import pytest

from tests.clients.javascript import TRANSPORTS, run_script, titles
from tests.conformance.conftest import COMMANDS
from tests.conformance.servers import Server, require_node, running

OPTIONS = {"PING_INTERVAL": "300", "PING_TIMEOUT": "5000"}


@pytest.fixture(scope="module")
def echo(kind: str) -> Iterator[Server]:
    if kind == "reference":
        require_node()
    with running(kind, COMMANDS[kind], OPTIONS) as server:
        yield server


@pytest.fixture(scope="module", params=TRANSPORTS)
def results(request: pytest.FixtureRequest, echo: Server) -> dict[str, str]:
    return run_script("engine.mjs", request.param, echo.http)


@pytest.mark.parametrize("title", titles("engine.mjs"))
def test_the_engine_client(results: dict[str, str], title: str) -> None:
    assert results[title] == "ok", results[title]
