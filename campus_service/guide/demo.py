"""The demo's guides, two for each department that has any."""

from __future__ import annotations

from importlib.resources import as_file, files

from campus_service.guide import queries
from campus_service.guide.importing import Report, import_file


def load() -> Report | None:
    """Fill an empty guide with the demo's; None when it holds anything already. Only with CAMPUS_DEMO=true."""
    if queries.known_titles():
        return None
    with as_file(files("campus_service.guide").joinpath("data/demo.jsonl")) as path:
        return import_file(path)
