"""What the tests need from the machine: a part that is missing is told in one line, or fails with CAMPUS_REQUIRE_ALL=1."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Generator
from pathlib import Path

import pytest

CHROMIUM = Path("/usr/bin/chromium")
HOW_TO_GET_CHROMIUM = "apt-get install chromium fonts-noto-cjk"


@pytest.fixture(scope="session")
def chromium() -> Path:
    """The browser of the journeys; a test that asks for it is skipped without."""
    if not CHROMIUM.is_file():
        pytest.skip(f"Chromium is missing: {HOW_TO_GET_CHROMIUM}")
    return CHROMIUM


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With CAMPUS_REQUIRE_ALL=1 a skipped test has failed."""
    report = yield
    if report.skipped and os.environ.get("CAMPUS_REQUIRE_ALL") == "1":
        report.outcome = "failed"
        report.longrepr = f"skipped, though CAMPUS_REQUIRE_ALL=1: {_reason(report)}"
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line per reason: how many tests were left out, and how to get what they miss."""
    reasons = Counter(_reason(report) for report in terminalreporter.stats.get("skipped", []))
    for reason, count in reasons.most_common():
        terminalreporter.write_line(f"left out {count} test{'s' if count > 1 else ''}. {reason}")


def _reason(report: pytest.TestReport) -> str:
    words = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return words.removeprefix("Skipped: ")
