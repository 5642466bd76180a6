"""The people who work on feedback are there from the beginning of every story."""

from __future__ import annotations

import pytest

from tests.conftest import Cast

STAFF = ("officer", "colleague", "head", "librarian", "coordinator")


@pytest.fixture
def people(people: Cast) -> Cast:
    """The cast with those who answer feedback; the named reader of reports comes when a story asks for him."""
    for name in STAFF:
        getattr(people, name)
    return people
