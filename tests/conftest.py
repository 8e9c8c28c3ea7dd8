"""What all tests share."""

# pytest finds hooks and fixtures by their names here.
from tests.support.mongodb import mongodb
from tests.support.skipping import (
    pytest_make_collect_report,
    pytest_runtest_makereport,
    pytest_terminal_summary,
)

__all__ = [
    "mongodb",
    "pytest_make_collect_report",
    "pytest_runtest_makereport",
    "pytest_terminal_summary",
]
