"""What a reader typed into a search box: all of it stays in the box, its beginning is searched for."""

from __future__ import annotations

from campus_service.search.analyser import MAX_QUERY

# Letters that are kept in a box and in addresses.
KEPT = 500


def in_box(text: str) -> str:
    """``text`` on one line, without what no database takes."""
    return " ".join(text.replace("\0", "").split())[:KEPT]


def searched(typed: str) -> str:
    """So much of what stands in a box is searched for; where it is less, the page says so (``search_form`` in _ui.html)."""
    return typed[:MAX_QUERY].rstrip()
