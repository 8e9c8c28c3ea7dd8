"""What all tests share."""

from hypothesis import HealthCheck, settings

# pytest finds hooks and fixtures by their names here.
from tests.support.connecting import cancelled_connects_close_their_sockets
from tests.support.mongodb import mongodb
from tests.support.skipping import (
    pytest_make_collect_report,
    pytest_runtest_makereport,
    pytest_terminal_summary,
)
from tests.support.spreading import pytest_xdist_make_scheduler

__all__ = [
    "cancelled_connects_close_their_sockets",
    "mongodb",
    "pytest_make_collect_report",
    "pytest_runtest_makereport",
    "pytest_terminal_summary",
    "pytest_xdist_make_scheduler",
]

# How long an example takes says how busy the machine is. Here, so that it holds for whatever is imported later.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")
