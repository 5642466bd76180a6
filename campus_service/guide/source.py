"""What the search over everything shows of the service guide."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from flask import url_for

from campus_service.core.actor import Actor
from campus_service.core.i18n import _, language, lazy
from campus_service.guide import queries, service
from campus_service.search.engine import SearchDoc
from campus_service.search.marking import highlight
from campus_service.search.sources import Hit, Source, register


def _show(_actor: Actor, numbers: Sequence[int], q: str) -> dict[int, Hit]:
    return {
        id: Hit(
            url_for("guide.show", slug=row.slug),
            highlight(row.title, q),
            " · ".join(
                (
                    row.name_en if language() == "en" else row.name,
                    _("%(n)s 个工作日内办好", n=row.promise_working_days),
                )
            ),
            drawing="id_document",
        )
        for id, row in queries.entries_of(numbers).items()
    }


def _documents() -> Iterator[SearchDoc]:
    return (service.search_doc(guide, department) for guide, department in queries.everything())


register(Source(service.KIND, lazy("办事指南"), 30, _show, _documents))
