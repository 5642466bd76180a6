"""What the tests of jobs share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from campus_service.jobs.registry import DAILY, JOBS


@pytest.fixture(autouse=True)
def _own_jobs() -> Iterator[None]:
    """Let each test register jobs that no other test sees."""
    jobs, daily = dict(JOBS), dict(DAILY)
    yield
    for kept, registry in ((jobs, JOBS), (daily, DAILY)):
        registry.clear()  # type: ignore[attr-defined]
        registry.update(kept)  # type: ignore[attr-defined]
