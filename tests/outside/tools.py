"""Checkers that others wrote: the Nu HTML checker (Java) and ical.js (Node), as `make test` has installed them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

_MODULES = Path(sys.prefix) / "outside/node_modules"
HOW = "apt-get install nodejs npm default-jre-headless; make test"


def module(name: str, program: str) -> Path:
    """A package from npm, and the program that runs it; a test that asks is skipped without."""
    folder = _MODULES / name
    if not folder.is_dir() or shutil.which(program) is None:
        pytest.skip(f"{name} or {program} is missing: {HOW}")
    return folder


def html_errors(folder: Path) -> list[str]:
    """What the Nu HTML checker calls an error in the .html files of ``folder``."""
    jar = module("vnu-jar", "java") / "build/dist/vnu.jar"
    # Its schemas are deep: the stack that Java gives by itself does not hold them.
    command = ["java", "-Xss2m", "-jar", str(jar), "--errors-only", "--format", "json", "--skip-non-html"]
    done = subprocess.run([*command, str(folder)], check=False, capture_output=True, text=True, timeout=600)
    # Pages that are all right are passed over in silence.
    messages: list[dict[str, Any]] = json.loads(done.stderr)["messages"] if done.returncode else []
    return [
        f"{Path(each.get('url', '')).name}:{each.get('lastLine')}: {each['message']} {each.get('extract', '')!r}"
        for each in messages
    ]


def calendar(text: str) -> dict[str, Any]:
    """What ical.js reads in an iCalendar file: its events with times as UTC."""
    library = module("ical.js", "node") / "dist/ical.js"
    script = Path(__file__).parent / "calendar.mjs"
    command = ["node", str(script), library.as_uri()]
    done = subprocess.run(command, input=text, check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found
