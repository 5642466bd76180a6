"""What measurements inside one process share: a site of their own, a process for each engine, a table in a page of the docs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.site import ROOT, SECRET


@contextmanager
def own_site() -> Iterator[None]:
    """Inside the block there is an application with an empty SQLite database."""
    with tempfile.TemporaryDirectory(prefix="campus-measured-") as folder:
        os.environ |= {"CAMPUS_SECRET_KEY": SECRET, "CAMPUS_DATA_DIR": folder, "CAMPUS_LOG_LEVEL": "error"}
        from flask_migrate import upgrade

        from campus_service.app import create_app

        with create_app().app_context():
            upgrade()
            yield


def in_a_process(module: str, name: str, *options: str) -> Any:
    """What ``python -m module --one name …`` prints on its last line, as JSON: nothing of one engine is left for the next."""
    command = [sys.executable, "-m", module, "--one", name, *options]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def put(page: Path, mark: str, text: str) -> None:
    """Write ``text`` into a page, between its comments ``mark`` and ``/mark``."""
    marked = f"<!-- {mark} -->\n{text}\n<!-- /{mark} -->"
    found = re.compile(f"<!-- {mark} -->.*<!-- /{mark} -->", re.DOTALL)
    page.write_text(found.sub(lambda _old: marked, page.read_text("utf-8")), "utf-8")
