"""Fixtures: the package, compiled, and a server."""

from collections.abc import Iterator

import pytest

from tests.clients_js.package import compile_package
from tests.support.server import ServerProcess


@pytest.fixture(scope="session")
def package() -> None:
    """The package and its tests, compiled."""
    compile_package("tsconfig.json")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with ServerProcess(tmp_path_factory.mktemp("server") / "data") as server:
        yield server
