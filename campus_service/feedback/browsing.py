"""The public side as a reader asked for it: cases and answers by department, newest first, or what a search finds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask import url_for
from markupsafe import Markup

from campus_service.core.clock import to_local
from campus_service.core.http import decode_cursor, encode_cursor
from campus_service.core.page import fmt_day
from campus_service.feedback import projection, public_queries
from campus_service.feedback.case_page import Badge, badge, place
from campus_service.feedback.models import Case, PublicAnswer
from campus_service.search import service as search
from campus_service.search.engine import Filters
from campus_service.search.marking import highlight
from campus_service.search.typed import in_box, searched

ANSWERS, FAQ, CASES = "answers", "faq", "cases"
MOST_PAGES = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """Which list, of which department, which words, from where on."""

    show: str = ANSWERS
    department: str = ""
    typed: str = ""
    after: str = ""
    page: int = 1

    @classmethod
    def of(cls, args: Mapping[str, str], departments: Mapping[str, str]) -> Asked:
        """From an address; what it does not know is left out."""
        page = args.get("page", "")
        return cls(
            show=args["show"] if args.get("show") in (FAQ, CASES) else ANSWERS,
            department=args["department"] if args.get("department") in departments else "",
            typed=in_box(args.get("q", "")),
            after=args.get("after", "")[:200],
            page=min(int(page), MOST_PAGES) if page.isascii() and page.isdigit() and int(page) else 1,
        )

    @property
    def q(self) -> str:
        """What of ``typed`` is searched for."""
        return searched(self.typed)

    @property
    def kind(self) -> str:
        """What the search calls what this list shows."""
        return "case" if self.show == CASES else "answer"

    def url(self, **changes: Any) -> str:
        """The address of this list with some of it changed; its first page, unless the change says more."""
        values = {"show": self.show, "department": self.department, "q": self.typed} | changes
        if values["show"] == ANSWERS:
            values["show"] = ""
        return url_for("feedback.index", **{name: value for name, value in values.items() if value})


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the list."""

    title: str | Markup
    url: str
    small: str
    badge: Badge | None = None
    followers: int = 0


@dataclass(frozen=True, slots=True)
class Results:
    """One page of the list; ``also`` are what a search perhaps means too."""

    lines: list[Line]
    total: int | None = None
    previous: str = ""
    following: str = ""
    also: list[Line] = field(default_factory=list)


def results(asked: Asked, names: Mapping[str, str]) -> Results:
    """What ``asked`` finds."""
    return _hits(asked, names) if asked.q else _newest(asked, names)


def newest(asked: Asked) -> public_queries.Page:
    """A page of the newest rows: of cases, or of answers."""
    cursor = decode_cursor(asked.after, str, int)
    after = (cursor[0], cursor[1]) if cursor and _is_moment(cursor[0]) else None
    if asked.show == CASES:
        return public_queries.cases(asked.department, after)
    return public_queries.answers(asked.department, after, faq=asked.show == FAQ)


def _is_moment(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _newest(asked: Asked, names: Mapping[str, str]) -> Results:
    page = newest(asked)
    line: Any = case_line if asked.show == CASES else answer_line
    following = asked.url(after=encode_cursor(*page.following)) if page.following else ""
    lines = [line(row, names) for row in page.rows]
    return Results(lines, previous=asked.url() if asked.after else "", following=following)


def found(asked: Asked) -> search.Found:
    """A page of hits."""
    size = public_queries.PAGE
    return search.find(asked.q, _filters(asked), sort="score", offset=(asked.page - 1) * size, limit=size)


def _hits(asked: Asked, names: Mapping[str, str]) -> Results:
    hits = found(asked)
    also = hits.also if asked.page == 1 else []
    by_id = _lines([*hits.ids, *also], names, asked.q)
    more = hits.total > asked.page * public_queries.PAGE and asked.page < MOST_PAGES
    return Results(
        [by_id[id] for id in hits.ids if id in by_id],
        hits.total,
        asked.url(page=asked.page - 1) if asked.page > 1 else "",
        asked.url(page=asked.page + 1) if more else "",
        [by_id[id] for id in also if id in by_id],
    )


def _filters(asked: Asked) -> Filters:
    """A case is found by its kind, an answer by its department: the index knows no department of cases."""
    if asked.show == CASES:
        return Filters(kind=asked.kind)
    return Filters(
        kind=asked.kind,
        category=asked.department or None,
        status="faq" if asked.show == FAQ else None,
    )


def _lines(ids: list[str], names: Mapping[str, str], q: str) -> dict[str, Line]:
    numbers = [int(id.partition(":")[2]) for id in ids]
    if any(id.startswith("case:") for id in ids):
        return {
            f"case:{id}": case_line(row, names, q) for id, row in public_queries.cases_of(numbers).items()
        }
    return {
        f"answer:{id}": answer_line(row, names, q) for id, row in public_queries.answers_of(numbers).items()
    }


def case_line(case: Case, names: Mapping[str, str], q: str = "") -> Line:
    """A public case in a list."""
    title = projection.stripped(case.title)
    said = (
        str(case.kind.label),
        projection.stripped(place(case)),
        names.get(case.department_code or "", ""),
        fmt_day(to_local(case.created_at).date(), weekday=False),
    )
    return Line(
        highlight(title, q) if q else title,
        url_for("feedback.show", no=case.no),
        " · ".join(filter(None, said)),
        badge(case),
        case.followers,
    )


def answer_line(answer: PublicAnswer, names: Mapping[str, str], q: str = "") -> Line:
    """A public answer in a list."""
    moment = answer.published_at or answer.suggested_at
    said = (names.get(answer.department_code, ""), fmt_day(to_local(moment).date(), weekday=False))
    return Line(
        highlight(answer.title, q) if q else answer.title,
        url_for("feedback.answer", answer_id=answer.id),
        " · ".join(filter(None, said)),
    )
