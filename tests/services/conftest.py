"""What tests of services share."""

from collections.abc import Iterator

import pytest

from tests.support.house import House, a_house
from tests.support.retold import require_whole


@pytest.fixture
def house() -> Iterator[House]:
    """Whatever a test has the services write, `parley check` must find as it should be."""
    with a_house() as house:
        yield house
        require_whole(house.log.disk)
