"""The list as a reader asked for it: a page of the newest, or the hits of a text search, with what stands around it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from campus_service.core.clock import today
from campus_service.core.http import decode_cursor, encode_cursor
from campus_service.lostfound import presenting, queries
from campus_service.lostfound.presenting import Asked, Facet, Pager
from campus_service.lostfound.projection import Card
from campus_service.lostfound.queries import PAGE, ListFilter
from campus_service.lostfound.states import Kind
from campus_service.search import service as search
from campus_service.search.engine import Filters
from campus_service.search.marking import highlight

# Similar reports that a form shows: enough to recognise one's own, too few to scroll.
SIMILAR = 4


@dataclass(frozen=True, slots=True)
class Results:
    """One page of the list: ``also`` are what a search perhaps means too."""

    cards: list[Card]
    total: int
    pager: Pager
    facets: list[Facet]
    also: list[Card] = field(default_factory=list)


def results(asked: Asked) -> Results:
    """What ``asked`` finds."""
    return _hits(asked) if asked.q else _newest(asked)


def _newest(asked: Asked) -> Results:
    counts = queries.facets(asked.filter)
    page = _keyset_page(asked)
    newer, older = (encode_cursor(*cursor) if cursor else "" for cursor in (page.newer, page.older))
    return Results(
        presenting.cards(asked.filter.kind, page.rows),
        # The counts may be half a minute old; what is on this page is certain.
        max(counts.total, len(page.rows)),
        presenting.pager(asked, counts.total, newer, older),
        presenting.facets(asked, counts),
    )


def _keyset_page(asked: Asked) -> queries.ListPage:
    after, before = (decode_cursor(cursor, str, int) for cursor in (asked.after, asked.before))
    page = queries.listing(asked.filter, after=after, before=before)
    if before and page.newer is None and len(page.rows) < PAGE:
        # Going back ended at the top with a page that is not full: the newest page is what is meant.
        return queries.listing(asked.filter)
    return page


def _hits(asked: Asked) -> Results:
    kind = asked.filter.kind
    found = search.find(
        asked.q, _filters(asked.filter), sort="score", offset=(asked.page - 1) * PAGE, limit=PAGE
    )
    also = found.also if asked.page == 1 else []
    by_id = _cards(kind, [*found.ids, *also])
    return Results(
        [_marked(by_id[id], asked.q) for id in found.ids if id in by_id],
        found.total,
        presenting.numbered_pager(asked, found.total),
        presenting.facets(asked, queries.facets(ListFilter(kind))),
        [by_id[id] for id in also if id in by_id],
    )


def _marked(card: Card, q: str) -> Card:
    return presenting.with_title(card, highlight(card.title, q))


def _cards(kind: Kind, ids: list[str]) -> dict[str, Card]:
    """Cards of search ids ("found:12") that are still public, in one query."""
    rows = queries.by_ids(kind, [int(id.partition(":")[2]) for id in ids])
    return {f"{kind}:{row.id}": presenting.card(kind, row) for row in rows}


def _filters(wanted: ListFilter) -> Filters:
    first, last = _days(wanted.since)
    return Filters(
        kind=wanted.kind.value,
        category=wanted.category or None,
        place=wanted.area or None,
        status=wanted.state or None,
        day_from=first,
        day_to=last,
    )


def _days(since: str) -> tuple[int | None, int | None]:
    """The span of days as the index keeps them, 20261031."""
    if since == "older":
        return None, _number(today() - timedelta(days=31))
    return (_number(today() - timedelta(days=int(since))), None) if since else (None, None)


def _number(day: date) -> int:
    return day.year * 10_000 + day.month * 100 + day.day


def similar(kind: Kind, title: str, area: str, category: str) -> list[Card]:
    """Public reports of side ``kind`` that may be the same thing: by words, then by category in the same area."""
    title = " ".join(title.replace("\0", "").split())[:60]
    found = search.find(title, Filters(kind=kind.value), sort="score", limit=SIMILAR) if title else None
    ids = found.ids[:SIMILAR] if found else []
    cards = list(_cards(kind, ids).values())
    if len(cards) < SIMILAR and category and area and area != "other":
        near = queries.listing(ListFilter(kind, category=category, area=area), limit=SIMILAR)
        known = {card.no for card in cards}
        cards += [card for card in presenting.cards(kind, near.rows) if card.no not in known]
    return cards[:SIMILAR]
