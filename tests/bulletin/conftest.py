"""The people of the newsroom are there from the beginning of every story."""

from __future__ import annotations

import pytest

from tests.bulletin.mailroom import mails
from tests.conftest import Cast

__all__ = ["mails"]

NEWSROOM = ("writer", "editor", "reviewer", "chief")


@pytest.fixture
def people(people: Cast) -> Cast:
    """The cast with those who make the bulletin."""
    for name in NEWSROOM:
        getattr(people, name)
    return people
