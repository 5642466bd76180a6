"""/search: one box over everything, with tabs, and what may be meant while it is being typed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, jsonify, render_template, request, url_for

from campus_service.core.http import current_actor
from campus_service.search import service, suggesting
from campus_service.search.engine import Filters
from campus_service.search.sources import Hit, Source, kinds_of, show, source_of, sources
from campus_service.search.typed import in_box, searched

bp = Blueprint("search", __name__)
PAGE = 20
# Further pages than this are reached by asking more exactly.
MOST_PAGES = 50


@dataclass(frozen=True, slots=True)
class Asked:
    """What was typed, and which tab of which page."""

    typed: str
    tab: str
    page: int

    @property
    def q(self) -> str:
        """What of ``typed`` is searched for."""
        return searched(self.typed)

    def url(self, **other: Any) -> str:
        """The address with something else chosen."""
        chosen: dict[str, Any] = {"q": self.typed, "tab": self.tab, "page": 1} | other
        return url_for(
            ".index",
            q=chosen["q"] or None,
            tab=chosen["tab"] or None,
            page=chosen["page"] if chosen["page"] > 1 else None,
        )


@bp.get("/search")
def index() -> Response:
    """What the site has to a question, all kinds in one list."""
    asked = _asked()
    if not asked.q:
        return Response(render_template("search/index.html", asked=asked, tabs=[], found=None))
    kinds = [source.kind for source in sources()]
    filters = Filters(kind=kinds_of(asked.tab) or kinds)
    found = service.find(asked.q, filters, "score", (asked.page - 1) * PAGE, PAGE)
    counts = service.counts(asked.q, kinds)
    also = found.also if asked.page == 1 else []
    return Response(
        render_template(
            "search/index.html",
            asked=asked,
            found=found,
            tabs=_tabs(asked, counts),
            source=source_of(asked.tab),
            hits=_shown(found.ids, asked.q),
            also=_shown(also, asked.q),
            pager=_pager(asked, found.total),
            meant=suggesting.meant(asked.q) if not found.total else [],
        )
    )


@bp.get("/search/suggest")
def suggest() -> Response:
    """Words, places and titles that begin like what is being typed, of one ``kind`` if asked: as a list for the browser."""
    q, kind = searched(in_box(request.args.get("q", ""))), _kind("kind")
    words = suggesting.words(q, kind)
    titles = [
        {"text": hit.plain_title, "url": hit.url, "kind": str(source.label)}
        for source, hit in show(current_actor(), suggesting.titles(q, kind), "")
    ]
    response = jsonify(
        words=[{"text": word, "url": url_for(".index", q=word, tab=kind or None)} for word in words],
        titles=titles,
    )
    response.headers["Cache-Control"] = "private, max-age=60"
    return response


def _asked() -> Asked:
    page = request.args.get("page", 1, type=int)
    return Asked(in_box(request.args.get("q", "")), _kind("tab"), min(max(1, page), MOST_PAGES))


def _kind(name: str) -> str:
    """A kind of things that there is, or nothing."""
    chosen = request.args.get(name, "")
    return chosen if chosen in {source.kind for source in sources()} else ""


def _shown(ids: list[str], q: str) -> list[tuple[Source, Hit]]:
    return list(show(current_actor(), ids, q))


def _tabs(asked: Asked, counts: dict[str, int]) -> list[dict[str, Any]]:
    everything = {
        "label": suggesting.ALL,
        "count": sum(counts.values()),
        "url": asked.url(tab=""),
        "current": not asked.tab,
    }
    found = [(source, sum(counts.get(kind, 0) for kind in source.kinds)) for source in sources()]
    return [everything] + [
        {
            "label": source.label,
            "count": count,
            "url": asked.url(tab=source.kind),
            "current": asked.tab == source.kind,
        }
        for source, count in found
        if count or asked.tab == source.kind
    ]


def _pager(asked: Asked, total: int) -> dict[str, str]:
    more = total > asked.page * PAGE and asked.page < MOST_PAGES
    return {
        "newer": asked.url(page=asked.page - 1) if asked.page > 1 else "",
        "older": asked.url(page=asked.page + 1) if more else "",
    }
