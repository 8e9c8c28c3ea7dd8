"""The official Engine.IO client by itself, against the bare echo of the conformance servers."""

from collections.abc import Iterator

import pytest

from tests.clients.javascript import TRANSPORTS, Results, over_each_transport, run_script, titles
from tests.conformance.conftest import COMMANDS
from tests.conformance.servers import Server, require_node, running

OPTIONS = {"PING_INTERVAL": "300", "PING_TIMEOUT": "5000"}


@pytest.fixture(scope="module")
def echo(kind: str) -> Iterator[Server]:
    if kind == "reference":
        require_node()
    with running(kind, COMMANDS[kind], OPTIONS) as server:
        yield server


@pytest.fixture(scope="module")
def results(echo: Server) -> dict[str, Results]:
    return over_each_transport(lambda each: run_script("engine.mjs", each, echo.http))


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("title", titles("engine.mjs"))
def test_the_engine_client(results: dict[str, Results], transport: str, title: str) -> None:
    assert results[transport][title] == "ok", results[transport][title]
