"""Names of categories, areas and states as plain strings per language, so that a list does not translate per row."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from campus_service.core.i18n import force_locale, language
from campus_service.core.places import AREAS
from campus_service.lostfound.categories import Category
from campus_service.lostfound.custody import CustodyClass
from campus_service.lostfound.states import ClaimState, FoundState, Kind, LostState


@dataclass(frozen=True, slots=True)
class Labels:
    """Everything by its code."""

    kind: dict[str, str]
    category: dict[str, str]
    area: dict[str, str]
    lost: dict[str, str]
    found: dict[str, str]
    claim: dict[str, str]
    custody: dict[str, str]


def labels() -> Labels:
    """The names in the reader's language."""
    return _labels(language())


@cache
def _labels(locale: str) -> Labels:
    with force_locale(locale):
        return Labels(
            {kind.value: str(kind.label) for kind in Kind},
            {category.value: str(category.label) for category in Category},
            {area.code: str(area.label) for area in AREAS},
            {state.value: str(state.label) for state in LostState},
            {state.value: str(state.label) for state in FoundState},
            {state.value: str(state.label) for state in ClaimState},
            {custody.value: str(custody.label) for custody in CustodyClass},
        )
