"""What the search over everything shows of the registry."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from campus_service.core.i18n import lazy
from campus_service.lostfound import presenting, queries
from campus_service.lostfound.service import record
from campus_service.lostfound.states import Kind
from campus_service.search.engine import SearchDoc
from campus_service.search.marking import highlight
from campus_service.search.sources import Hit, Source, register


def _show(kind: Kind, numbers: Sequence[int], q: str) -> dict[int, Hit]:
    cards = {row.id: presenting.card(kind, row) for row in queries.by_ids(kind, list(numbers))}
    return {
        id: Hit(
            card.url,
            highlight(card.title, q),
            " · ".join(filter(None, (card.place, card.day_text, card.state_label))),
            picture=card.photo_url,
            drawing=card.category,
        )
        for id, card in cards.items()
    }


def _documents(kind: Kind) -> Iterator[SearchDoc]:
    return (record.search_doc(report) for report in queries.all_listed(kind))


def _source(kind: Kind, position: int) -> Source:
    return Source(
        kind=kind.value,
        label={Kind.FOUND: lazy("招领"), Kind.LOST: lazy("寻物")}[kind],
        position=position,
        show=lambda _actor, numbers, q: _show(kind, numbers, q),
        documents=lambda: _documents(kind),
    )


register(_source(Kind.FOUND, 10))
register(_source(Kind.LOST, 20))
