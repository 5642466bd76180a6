"""What the tests of jobs share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from campus_service.jobs.registry import JOBS


@pytest.fixture(autouse=True)
def _own_jobs() -> Iterator[None]:
    """Let each test register jobs called test.… that no other test sees."""
    yield
    for name in [name for name in JOBS if name.startswith("test.")]:
        del JOBS[name]
