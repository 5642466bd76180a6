"""/search: one box over everything, with tabs, and what may be meant while it is being typed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, jsonify, render_template, request, url_for

from campus_service.core.http import current_actor
from campus_service.search import service, suggesting
from campus_service.search.engine import Filters
from campus_service.search.sources import Hit, Source, show, source_of, sources

bp = Blueprint("search", __name__)
PAGE = 20
# Further pages than this are reached by asking more exactly.
MOST_PAGES = 50
# Letters of a query that is taken.
MOST = 100


@dataclass(frozen=True, slots=True)
class Asked:
    """What was typed, and which tab of which page."""

    q: str
    tab: str
    page: int

    def url(self, **other: Any) -> str:
        """The address with something else chosen."""
        chosen: dict[str, Any] = {"q": self.q, "tab": self.tab, "page": 1} | other
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
    filters = Filters(kind=next((source.kinds for source in sources() if source.kind == asked.tab), kinds))
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
    """Words, places and titles that begin like what is being typed: as a list for the browser."""
    q = request.args.get("q", "").replace("\0", "").strip()[:MOST]
    words = suggesting.words(q)
    titles = [
        {"text": hit.plain_title, "url": hit.url, "kind": str(source.label)}
        for source, hit in show(current_actor(), suggesting.titles(q), "")
    ]
    response = jsonify(
        words=[{"text": word, "url": url_for(".index", q=word)} for word in words], titles=titles
    )
    response.headers["Cache-Control"] = "private, max-age=60"
    return response


def _asked() -> Asked:
    q = " ".join(request.args.get("q", "").replace("\0", "").split())[:MOST]
    tab = request.args.get("tab", "")
    page = request.args.get("page", 1, type=int)
    known = {source.kind for source in sources()}
    return Asked(q, tab if tab in known else "", min(max(1, page), MOST_PAGES))


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
