"""The dependency rule of docs/architecture.md holds, and the check would notice if it did not."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINT = "from importlinter.cli import lint_imports_command as lint; lint()"


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    """Check the contracts of ``root``'s pyproject.toml."""
    command = [sys.executable, "-c", LINT, "--no-logo", "--no-cache"]
    environ = os.environ | {"PYTHONPATH": str(root), "NO_COLOR": "1"}
    return subprocess.run(command, cwd=root, env=environ, capture_output=True, text=True, check=False)


def test_the_layers_are_kept() -> None:
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("core/clock.py", "import campus_service.lostfound.models", "The parts stand in layers"),
        ("lostfound/policy.py", "import campus_service.lostfound.service", "Inside lost-and-found"),
        ("lostfound/service/claiming.py", "import flask", "Rules know nothing of the web"),
        ("lostfound/states.py", "import sqlalchemy", "know nothing of the database"),
        ("lostfound/views.py", "import sqlalchemy", "they do not write SQL"),
    ],
)
def test_a_forbidden_import_is_noticed(module: str, line: str, contract: str, tmp_path: Path) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(
        ROOT / "campus_service", tmp_path / "campus_service", ignore=shutil.ignore_patterns("__pycache__")
    )
    broken = tmp_path / "campus_service" / module
    broken.write_text(broken.read_text("utf-8") + f"\n{line}\n", "utf-8")
    done = lint(tmp_path)
    assert done.returncode == 1
    assert contract in " ".join(done.stdout.partition("Broken contracts")[2].split())
