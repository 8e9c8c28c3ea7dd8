"""A journal over a store in memory."""

from collections.abc import Callable

import pytest

from parley.adapters.memory.faults import Faults
from parley.adapters.memory.log import MemoryLog
from tests.support.world import World, world_over


@pytest.fixture
def world() -> World:
    return world_over(MemoryLog())


@pytest.fixture
def world_with() -> Callable[[Faults], World]:
    return lambda faults: world_over(MemoryLog(faults=faults))
