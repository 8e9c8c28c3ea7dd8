"""The Postman collection is what the API is now, and all that it asks is answered as it says."""

import json
import subprocess
from collections.abc import Iterator

import pytest

from docs.postman import COLLECTION, collection, openapi
from docs.steps import FOLDERS
from tests.conformance.servers import JS, require_node
from tests.support.server import ServerProcess

BY_MAIL_ALONE = {"auth_reset_password", "auth_verify_email"}
ASKED_FIRST = {"contacts_accept"}
"""By default nobody is asked before they are somebody's contact, so nobody has asked."""


def test_the_collection_is_as_make_docs_writes_it() -> None:
    assert COLLECTION.read_text(encoding="utf-8") == collection(), "run `make docs`"


def test_it_has_every_operation_with_its_success() -> None:
    operations = {
        operation["operationId"]
        for methods in openapi()["paths"].values()
        for operation in methods.values()
    }
    steps = [step for folder in FOLDERS.values() for step in folder]
    assert {step.operation for step in steps} == operations
    succeeding = {step.operation for step in steps if step.status < 400}
    assert operations - succeeding == BY_MAIL_ALONE | ASKED_FIRST


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    require_node()
    with ServerProcess(tmp_path_factory.mktemp("postman") / "data") as server:
        yield server


@pytest.mark.timeout(600)
@pytest.mark.parametrize("run", ["first", "second"])
def test_every_request_is_answered_as_it_says(server: ServerProcess, run: str) -> None:
    """The same collection runs on the same server again: it makes people of its own."""
    done = subprocess.run(
        ["node", "postman.mjs", str(COLLECTION), server.url],
        cwd=JS,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["failures"] == []
    requests = [request["name"] for request in result["requests"]]
    told = json.loads(COLLECTION.read_text(encoding="utf-8"))
    assert requests == [item["name"] for folder in told["item"] for item in folder["item"]], run
    assert all(request["passed"] >= 3 for request in result["requests"])
