"""What tests of budgets share."""

from collections.abc import Iterator

import pytest

from tests.support.house import House, a_house


@pytest.fixture
def house() -> Iterator[House]:
    with a_house() as house:
        yield house
