"""An empty index in a folder of its own, and readers that look for news at every search."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from campus_service.search import synonyms, whoosh_engine
from campus_service.search.whoosh_engine import WhooshEngine


@pytest.fixture(autouse=True)
def _impatient_readers(monkeypatch: pytest.MonkeyPatch) -> None:
    synonyms.warm()
    monkeypatch.setattr(whoosh_engine, "REFRESH", 0.0)


@pytest.fixture
def index(tmp_path: Path) -> Iterator[WhooshEngine]:
    """An index that exists and is empty."""
    engine = WhooshEngine(tmp_path / "index")
    engine.ensure_schema()
    yield engine
    engine.close()
