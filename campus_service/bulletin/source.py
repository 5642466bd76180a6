"""What the search over everything shows of the bulletin."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from campus_service.bulletin import presenting, projection, public_queries
from campus_service.core.actor import Actor
from campus_service.core.i18n import lazy
from campus_service.search.engine import SearchDoc
from campus_service.search.marking import highlight
from campus_service.search.sources import Hit, Source, register


def _show(_actor: Actor, numbers: Sequence[int], q: str) -> dict[int, Hit]:
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


def _documents() -> Iterator[SearchDoc]:
    return map(projection.search_doc, public_queries.all_publications())


register(Source(projection.KIND, lazy("指南针文章"), 40, _show, _documents))
