"""From rows to what a list shows: cards, filters with their links, pages that keep their place. Knows no request."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any
from urllib.parse import urlencode

from campus_service.core.i18n import _, force_locale, language
from campus_service.core.page import fmt_day
from campus_service.core.places import BY_CODE
from campus_service.lostfound.categories import Category
from campus_service.lostfound.custody import RULES, Disclosure, disclosure_of_lost
from campus_service.lostfound.labels import labels
from campus_service.lostfound.models import FoundItem, LostReport
from campus_service.lostfound.projection import (
    Badge,
    Card,
    badge_of_found,
    badge_of_lost,
    kind_of,
    teaser_title,
)
from campus_service.lostfound.queries import PAGE, Facets, ListFilter
from campus_service.lostfound.states import PRESENT, ClaimState, FoundState, Kind, LostState
from campus_service.media.models import photo_url
from campus_service.search.typed import in_box, searched

LIST = "/lost-found"
SINCE = ("7", "30", "older")
STATES = {Kind.FOUND: ("held", "checking", "reported", "in_transit"), Kind.LOST: ()}
FILTERS = ("area", "category", "since", "state")
# A facet shows so many values; the rest folds away.
FACET_ROWS = 7


# --- cards -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Words:
    """All that twenty cards would otherwise translate twenty times."""

    found: dict[tuple[FoundState, bool, bool], Badge]
    lost: dict[LostState, Badge]
    teaser: dict[str, str]


@cache
def _words(locale: str) -> _Words:
    with force_locale(locale):
        return _Words(
            {
                (state, checking, teaser): badge_of_found(state, int(checking), teaser)
                for state in FoundState
                for checking in (False, True)
                for teaser in (False, True)
            },
            {state: badge_of_lost(state) for state in LostState},
            {category.value: teaser_title(category.value) for category in Category},
        )


def card(kind: Kind, row: Any) -> Card:
    """The card of one row (a listing's, or a report itself): nothing on it that may not be public."""
    disclosure = RULES[row.custody].disclosure if kind is Kind.FOUND else disclosure_of_lost(row.category)
    return _card(kind, row, disclosure is Disclosure.FULL)


def cards(kind: Kind, rows: Iterable[Any]) -> list[Card]:
    """One card per row."""
    return [card(kind, row) for row in rows]


def full_card(report: FoundItem | LostReport) -> Card:
    """The card for somebody who may see everything of ``report``: its writer, and staff."""
    return _card(kind_of(report), report, True)


def _card(kind: Kind, row: Any, open: bool) -> Card:
    names, words = labels(), _words(language())
    badge = badge_of(kind, row, words)
    area = names.area[row.area]
    return Card(
        no=row.no,
        url=f"{LIST}/{row.no}",
        kind=kind.value,
        kind_label=names.kind[kind],
        title=row.title if open else words.teaser[row.category],
        place=(row.place or area) if open else area,
        day=row.occurred_on,
        day_text=fmt_day(row.occurred_on, weekday=False),
        category=row.category.value,
        category_label=names.category[row.category],
        state_label=badge.label,
        state_tone=badge.tone,
        state_glyph=badge.glyph,
        photo_url=photo_url(row.cover, 320) if row.cover and open else "",
    )


def badge_of(kind: Kind, row: Any, words: _Words | None = None) -> Badge:
    """Where the row stands: being checked comes before held, a teaser says why there is so little."""
    words = words or _words(language())
    if kind is Kind.LOST:
        return words.lost[row.state]
    teaser = RULES[row.custody].disclosure is Disclosure.TEASER
    return words.found[row.state, row.open_claims > 0, teaser]


_CLAIM_LOOK = {
    ClaimState.SUBMITTED: ("wait", "half"),
    ClaimState.APPEALED: ("wait", "half"),
    ClaimState.APPROVED: ("lake", "qr"),
    ClaimState.REJECTED: ("plain", "x"),
    ClaimState.WITHDRAWN: ("plain", "undo"),
    ClaimState.RETURNED: ("moss", "check"),
    ClaimState.EXPIRED: ("plain", "clock"),
}


def badge_of_claim(state: ClaimState) -> Badge:
    """Where a claim stands."""
    return Badge(labels().claim[state], *_CLAIM_LOOK[state])


# --- what an address asks for ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address of a list asks for; ``url`` makes the address of a neighbouring list."""

    filter: ListFilter = field(default_factory=ListFilter)
    typed: str = ""
    after: str = ""
    before: str = ""
    page: int = 1

    @classmethod
    def of(cls, args: Mapping[str, str]) -> Asked:
        """From the query string; a value that does not exist narrows nothing."""
        kind = Kind.LOST if args.get("kind") == Kind.LOST else Kind.FOUND
        values = {name: _known(name, args.get(name, ""), kind) for name in FILTERS}
        page = args.get("page", "")
        return cls(
            ListFilter(kind, **values),
            in_box(args.get("q", "")),
            args.get("after", ""),
            args.get("before", ""),
            min(int(page), 500) if page.isascii() and page.isdigit() and int(page) else 1,
        )

    @property
    def q(self) -> str:
        """What of ``typed`` is searched for."""
        return searched(self.typed)

    def url(self, **changes: str) -> str:
        """This list with another narrowing: from its first page on, because the pages are others."""
        return _address(self._values | changes)

    def turned(self, page: int, **cursor: str) -> str:
        """Another page of this same list."""
        return _address(self._values | cursor | {"page": str(page) if page > 1 else ""})

    @property
    def _values(self) -> dict[str, str]:
        return {"q": self.typed, **self.narrowing}

    @property
    def narrowing(self) -> dict[str, str]:
        """What a search in this list keeps: the side and the filters."""
        return {"kind": self.filter.kind.value} | {name: getattr(self.filter, name) for name in FILTERS}

    @property
    def followed(self) -> dict[str, str]:
        """What somebody who follows this search asks for: words, side, category and area; days and states pass."""
        chosen = self.filter
        return {"q": self.q, "kind": chosen.kind.value, "category": chosen.category, "area": chosen.area}

    @property
    def followable(self) -> bool:
        """Whether there is something to follow: not the whole list."""
        return bool(self.q or self.filter.category or self.filter.area)

    @property
    def narrowed(self) -> bool:
        """Whether anything but the side (lost or found) was chosen."""
        return bool(self.q) or any(getattr(self.filter, name) for name in FILTERS)


def _known(name: str, value: str, kind: Kind) -> str:
    known: dict[str, Container[str]] = {
        "area": BY_CODE,
        "category": labels().category,
        "since": SINCE,
        "state": STATES[kind],
    }
    return value if value in known[name] else ""


def _address(values: Mapping[str, str]) -> str:
    order = ("kind", "q", *FILTERS, "after", "before", "page")
    kept = [
        (name, values[name])
        for name in order
        if values.get(name) and (name, values[name]) != ("kind", "found")
    ]
    return f"{LIST}?{urlencode(kept)}" if kept else LIST


# --- filters and pages -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a facet; the link of a current one takes it away."""

    label: str
    url: str
    count: int | None
    current: bool


@dataclass(frozen=True, slots=True)
class Facet:
    """One group of filters: the commonest values, and those that fold away."""

    name: str
    title: str
    first: list[Choice]
    more: list[Choice]


@dataclass(frozen=True, slots=True)
class Pager:
    """Where the neighbouring pages are, "" at an end, and which page this is ("" when it cannot be known)."""

    newer: str = ""
    older: str = ""
    text: str = ""


def facets(asked: Asked, counts: Facets) -> list[Facet]:
    """The filters beside the list."""
    titles = {"area": _("地点"), "category": _("类别"), "since": _("什么时候"), "state": _("现在的情况")}
    groups = [_facet(asked, name, titles[name], getattr(counts, name)) for name in FILTERS]
    return [group for group in groups if group.first and (group.name != "state" or STATES[asked.filter.kind])]


def _facet(asked: Asked, name: str, title: str, counts: dict[str, int]) -> Facet:
    names, current = value_names(name), getattr(asked.filter, name)
    # Under a text search the counts would be those of another list.
    known = {value: None if asked.q else count for value, count in counts.items() if value in names}
    if current and current not in known:
        known[current] = None if asked.q else 0
    choices = [
        Choice(names[value], asked.url(**{name: "" if value == current else value}), count, value == current)
        for value, count in known.items()
    ]
    choices.sort(key=lambda choice: not choice.current)
    return Facet(name, title, choices[:FACET_ROWS], choices[FACET_ROWS:])


def value_names(name: str) -> dict[str, str]:
    """The words for the values of one filter, in the reader's language."""
    match name:
        case "area":
            return labels().area
        case "category":
            return labels().category
        case "since":
            return {"7": _("7 天内"), "30": _("30 天内"), "older": _("更早")}
        case _:
            present = {state.value: labels().found[state] for state in PRESENT}
            return present | {"checking": _("正在核对")}


def chips(asked: Asked) -> list[Choice]:
    """The filters that are on; the link takes each away."""
    on = [(name, getattr(asked.filter, name)) for name in FILTERS if getattr(asked.filter, name)]
    return [Choice(value_names(name)[value], asked.url(**{name: ""}), None, True) for name, value in on]


def pager(asked: Asked, total: int, newer: str, older: str) -> Pager:
    """Links from cursors of a keyset page; the number is carried along in the address."""
    page, pages = asked.page if newer else 1, -(-total // PAGE)
    return Pager(
        asked.turned(page - 1, before=newer) if newer else "",
        asked.turned(page + 1, after=older) if older else "",
        _page_text(page, pages if older else page) if page <= pages and (older or newer) else "",
    )


def numbered_pager(asked: Asked, total: int) -> Pager:
    """Links of a text search, whose pages are counted."""
    pages = -(-total // PAGE)
    if pages <= 1:
        return Pager()
    return Pager(
        asked.turned(asked.page - 1) if asked.page > 1 else "",
        asked.turned(asked.page + 1) if asked.page < pages else "",
        _page_text(asked.page, pages),
    )


def _page_text(page: int, pages: int) -> str:
    return _("第 %(page)s 页，共 %(pages)s 页", page=page, pages=max(page, pages))


def with_title(card: Card, title: str) -> Card:
    """The same card with another title (a search's, with the words marked)."""
    return replace(card, title=title)
