"""Which groups of tests were skipped, and why; and that none may be, where everything is installed."""

import os
from collections import Counter
from collections.abc import Generator
from pathlib import PurePath
from typing import Final, TypeVar

import pytest

REQUIRE_ALL: Final = os.environ.get("TESTS_REQUIRE_ALL", "") not in {"", "0"}
Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With TESTS_REQUIRE_ALL=1 a test that skips has failed."""
    report = yield
    return _failed_if_skipped(report)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """With TESTS_REQUIRE_ALL=1 a module that skips has failed."""
    report = yield
    return _failed_if_skipped(report)


def _failed_if_skipped(report: Report) -> Report:
    if REQUIRE_ALL and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, but TESTS_REQUIRE_ALL is set: {_reason(report)}"
    return report


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    text = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return text.removeprefix("Skipped: ")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print each group (a folder of tests) that was skipped, how much of it, and why."""
    skipped = Counter(
        (str(PurePath(report.nodeid.partition("::")[0]).parent), _reason(report))
        for report in terminalreporter.stats.get("skipped", [])
    )
    if skipped:
        terminalreporter.section("skipped groups")
        for (group, reason), count in sorted(skipped.items()):
            terminalreporter.line(f"{group}: {count} skipped: {reason}")
