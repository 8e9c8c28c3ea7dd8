"""No route without tests: each was asked with success, in every way that it can succeed, and refused. Runs last."""

from pathlib import Path

import pytest

from tests.api.conftest import the_description
from tests.support.described import Description, Operation

SWEEPING = ("test_anything.py", "test_authentication.py")
"""They ask every route alike, so they say nothing of any one."""


@pytest.fixture
def description(request: pytest.FixtureRequest) -> Description:
    here = Path(__file__).parent
    collected = {item.path for item in request.session.items}
    if not set(here.glob("test_*.py")) <= collected:
        pytest.skip("it looks back at all tests of tests/api")
    return the_description()


def seen(description: Description, operation: Operation) -> set[int]:
    """The statuses that an operation answered its own tests with."""
    found = description.seen[operation.name]
    return {status for status, test in found if not test.endswith(SWEEPING)}


def test_every_success_of_every_route_was_seen(description: Description) -> None:
    missing = {
        operation.name: unseen
        for operation in description.operations
        if (
            unseen := {one for one in operation.statuses() if one < 400}
            - seen(description, operation)
        )
    }
    assert missing == {}


def test_every_route_was_seen_to_refuse(description: Description) -> None:
    """For more than a missing token, wherever something else can be wrong."""
    missing = {
        operation.name
        for operation in description.operations
        if not any(status >= 400 and status != 401 for status in seen(description, operation))
    }
    assert missing == NOTHING_ELSE_TO_REFUSE


NOTHING_ELSE_TO_REFUSE = {"GET /v1/auth/sessions"}
"""It takes nothing that could be wrong."""
