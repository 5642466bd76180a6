"""What the search over everything shows of the bulletin: its articles, and those that announce an event as events."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from campus_service.bulletin import presenting, projection, public_queries
from campus_service.core.actor import Actor
from campus_service.core.i18n import lazy
from campus_service.search.engine import SearchDoc
from campus_service.search.marking import highlight
from campus_service.search.sources import Hit, Source, register


def _articles(_actor: Actor, numbers: Sequence[int], q: str) -> dict[int, Hit]:
    cards = {id: presenting.card(row) for id, row in public_queries.of_ids(numbers).items()}
    return {
        id: Hit(
            card.url,
            highlight(str(card.title), q),
            " · ".join((str(card.section), card.byline, card.day)),
            drawing="books_stationery",
        )
        for id, card in cards.items()
    }


def _events(_actor: Actor, numbers: Sequence[int], q: str) -> dict[int, Hit]:
    """Their article's page says more, and takes them into the reader's calendar."""
    return {
        id: Hit(
            presenting.address(row),
            highlight(row.Event.title, q),
            presenting.in_short(row.Event),
            drawing="books_stationery",
        )
        for id, row in public_queries.events_of(numbers).items()
    }


def _documents(announcing: bool) -> Iterator[SearchDoc]:
    rows = public_queries.all_publications(announcing)
    return (projection.search_doc(publication, event) for publication, event in rows)


# Before the articles: the nightly comparison adds what becomes an event before it takes the article away.
register(Source(projection.EVENT, lazy("活动"), 35, _events, lambda: _documents(True)))
register(
    Source(
        projection.ARTICLE,
        lazy("指南针文章"),
        40,
        _articles,
        lambda: _documents(False),
        beside=(projection.EVENT,),
    )
)
