"""A test that misses a part of the machine is told in one line, and fails where nothing may be left out."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.house.test_docs import ROOT

TESTS = """
import pytest

@pytest.fixture
def browser():
    pytest.skip("Chromium is missing: apt-get install chromium fonts-noto-cjk")

def test_one_page(browser): ...
def test_another_page(browser): ...
def test_without(): ...
"""


def run(folder: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run TESTS as a suite of their own."""
    (folder / "test_some.py").write_text(TESTS)
    (folder / "pytest.ini").write_text("[pytest]\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.parts", "-p", "no:cacheprovider"]
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("CAMPUS_", "PYTEST_", "COV_"))
    }
    environ = clean | {"PYTHONPATH": str(ROOT)} | environ
    return subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)


def test_what_was_left_out_is_told_in_one_line_with_the_way_to_get_it(tmp_path: Path) -> None:
    done = run(tmp_path)
    assert done.returncode == 0
    lines = [line for line in done.stdout.splitlines() if "left out" in line]
    assert lines == ["left out 2 tests. Chromium is missing: apt-get install chromium fonts-noto-cjk"]
    assert done.stdout.splitlines()[-1].startswith("1 passed, 2 skipped")


def test_nothing_may_be_left_out_where_everything_is_required(tmp_path: Path) -> None:
    done = run(tmp_path, CAMPUS_REQUIRE_ALL="1")
    assert done.returncode == 1
    assert "skipped, though CAMPUS_REQUIRE_ALL=1: Chromium is missing" in done.stdout
    assert "skipped" not in done.stdout.splitlines()[-1]
