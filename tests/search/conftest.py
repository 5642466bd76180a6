"""An empty index in a folder of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from campus_service.search import synonyms
from campus_service.search.whoosh_engine import WhooshEngine


@pytest.fixture(autouse=True)
def _words_are_known() -> None:
    synonyms.warm()


@pytest.fixture
def index(tmp_path: Path) -> Iterator[WhooshEngine]:
    """An index that exists and is empty."""
    engine = WhooshEngine(tmp_path / "index")
    engine.ensure_schema()
    yield engine
    engine.close()
