"""The package's own tests: its logic, and its way with a server."""

import pytest

from tests.clients_js.package import run_tests
from tests.support.server import ServerProcess

LOGIC = [
    "client",
    "contacts",
    "convergence",
    "conversation",
    "indexeddb",
    "marking",
    "observable",
    "outbox",
    "replica",
    "session",
    "syncing",
    "typing",
]


@pytest.mark.timeout(300)
@pytest.mark.usefixtures("package")
@pytest.mark.parametrize("name", LOGIC)
def test_its_logic_holds(name: str) -> None:
    run_tests(name)


@pytest.mark.timeout(300)
@pytest.mark.usefixtures("package")
def test_it_speaks_with_a_server(server: ServerProcess) -> None:
    run_tests("live", PARLEY_URL=server.url)
