"""A mistake planted in the real code is found: what the simulation is silent about, it would have seen."""

import logging
from collections.abc import Callable, Iterator

import pytest

from tests.simulation.faults import FAULTS
from tests.simulation.scenario import simulate

MOST_SEEDS = 1_500


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    logging.disable(logging.CRITICAL)  # the faults are many, and each is logged
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("plant", FAULTS, ids=lambda plant: plant.__name__)
def test_it_is_found(plant: Callable[[pytest.MonkeyPatch], None]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        plant(patch)
        assert any(simulate(seed).violations for seed in range(1, MOST_SEEDS))
