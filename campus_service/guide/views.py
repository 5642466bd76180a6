"""The public pages of the service guide."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, render_template, request
from markupsafe import Markup

from campus_service.core.clock import to_local
from campus_service.core.http import current_actor
from campus_service.core.i18n import language
from campus_service.core.page import fmt_day
from campus_service.core.revalidate import for_visitors
from campus_service.guide import alike, queries
from campus_service.search import service as search
from campus_service.search.engine import Filters
from campus_service.search.marking import highlight
from campus_service.search.typed import in_box, searched

bp = Blueprint("guide", __name__, url_prefix="/guide")
# Nobody reads further in a list of matters.
MOST_HITS = 40


@dataclass(frozen=True, slots=True)
class Entry:
    """A guide in a list."""

    slug: str
    title: str | Markup
    who: str
    days: int
    department: str


@bp.get("")
def index() -> Response:
    """All guides by department, or what a search finds."""
    typed = in_box(request.args.get("q", ""))
    q = searched(typed)
    hits, also = _hits(q) if q else ([], [])
    html = render_template(
        "guide/index.html", typed=typed, q=q, hits=hits, also=also, groups=[] if q else _groups()
    )
    return for_visitors(current_actor(), html)


@bp.get("/<slug>")
def show(slug: str) -> Response:
    """One guide."""
    guide, department = queries.guide(slug)
    about = {"guide": guide.slug, "department": guide.department_code, "text": f"{guide.title}："}
    question = urlencode(about)
    html = render_template(
        "guide/show.html",
        guide=guide,
        department=_name(department),
        # A plain path: this feature knows no other.
        question_url=f"/feedback/new?{question}",
        updated=fmt_day(to_local(guide.updated_at).date(), weekday=False),
    )
    return for_visitors(current_actor(), html)


@bp.route("/similar", methods=["GET", "POST"])
def similar() -> str:
    """Guides that may answer the message ``q`` while it is written (htmx): a piece of a page, or nothing.

    By POST the words stand in no log of addresses.
    """
    wanted = alike.ids(request.values.get("q", ""))
    rows = queries.entries_of(wanted) if wanted else {}
    return render_template("guide/_similar.html", alike=_in_order(wanted, rows))


def _groups() -> list[tuple[str, str, list[Entry]]]:
    """Code and name of each department, and its guides."""
    found = []
    for code, group in groupby(queries.entries(), key=lambda row: str(row.department_code)):
        rows = list(group)
        found.append((code, _name(rows[0]), [_entry(row) for row in rows]))
    return found


def _hits(q: str) -> tuple[list[Entry], list[Entry]]:
    """What matches, and what perhaps is meant too."""
    found = search.find(q, Filters(kind="guide"), sort="score", limit=MOST_HITS)
    ids = [int(id.partition(":")[2]) for id in found.ids]
    also = [int(id.partition(":")[2]) for id in found.also]
    rows = queries.entries_of([*ids, *also]) if ids or also else {}
    return _in_order(ids, rows, q), _in_order(also, rows)


def _in_order(ids: Iterable[int], rows: dict[int, Any], q: str = "") -> list[Entry]:
    return [_entry(rows[id], q) for id in ids if id in rows]


def _entry(row: Any, q: str = "") -> Entry:
    title = highlight(row.title, q) if q else row.title
    return Entry(row.slug, title, row.who, row.promise_working_days, _name(row))


def _name(department: Any) -> str:
    return str(department.name_en if language() == "en" else department.name)
