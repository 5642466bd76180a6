"""What the search over everything shows of the inbox: public answers and public cases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from campus_service.core.actor import Actor
from campus_service.core.i18n import lazy
from campus_service.feedback import browsing, projection, public_queries
from campus_service.feedback.inboxing import department_names
from campus_service.search.engine import SearchDoc
from campus_service.search.sources import Hit, Source, register


def _show(kind: str, numbers: Sequence[int], q: str) -> dict[int, Hit]:
    names = department_names()
    if kind == "answer":
        lines = {
            id: browsing.answer_line(row, names, q) for id, row in public_queries.answers_of(numbers).items()
        }
    else:
        lines = {
            id: browsing.case_line(row, names, q) for id, row in public_queries.cases_of(numbers).items()
        }
    return {id: Hit(line.url, line.title, line.small, drawing="other") for id, line in lines.items()}


def _answers(_actor: Actor, numbers: Sequence[int], q: str) -> dict[int, Hit]:
    return _show("answer", numbers, q)


def _cases(_actor: Actor, numbers: Sequence[int], q: str) -> dict[int, Hit]:
    return _show("case", numbers, q)


def _answer_documents() -> Iterator[SearchDoc]:
    return map(projection.answer_search_doc, public_queries.all_answers())


def _case_documents() -> Iterator[SearchDoc]:
    return map(projection.search_doc, public_queries.all_cases())


register(Source("answer", lazy("答复"), 50, _answers, _answer_documents))
register(Source("case", lazy("公开的反馈"), 60, _cases, _case_documents))
