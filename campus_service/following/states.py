"""How soon a kept search tells."""

from __future__ import annotations

from enum import StrEnum

from campus_service.core.i18n import LazyString, lazy


class Rhythm(StrEnum):
    """When somebody hears of what his search finds."""

    INSTANT = "instant"
    DAILY = "daily"
    OFF = "off"

    @property
    def label(self) -> LazyString:
        """For readers."""
        return _LABELS[self]


_LABELS = {
    Rhythm.INSTANT: lazy("一有就告诉我"),
    Rhythm.DAILY: lazy("每天早上 8 点汇总"),
    Rhythm.OFF: lazy("先不提醒"),
}
