"""Shares with their denominators: no figure of the site is shown without saying of how many."""

from __future__ import annotations

from dataclasses import dataclass

# Rows of fewer things than this are pooled (domain.md §1): nobody is found in a figure.
LEAST = 5


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many; ``value`` is None when there is nothing to divide by."""

    part: float
    whole: int

    @property
    def value(self) -> float | None:
        """The share, 0 to 1."""
        return self.part / self.whole if self.whole else None
