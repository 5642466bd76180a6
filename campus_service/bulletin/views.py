"""What readers read: the current issue, the archive, sections, articles."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, Response, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.exceptions import NotFound as NoSuchPage
from werkzeug.wrappers import Response as AnyResponse

from campus_service.bulletin import presenting, public_queries
from campus_service.bulletin.models import Issue
from campus_service.bulletin.projection import KINDS
from campus_service.bulletin.public_queries import AnyRow, Found
from campus_service.bulletin.states import Section
from campus_service.core.cache import remembered
from campus_service.core.clock import to_local
from campus_service.core.http import current_actor, decode_moment, encode_cursor
from campus_service.core.page import Section as PageSection
from campus_service.core.page import fmt_day
from campus_service.core.revalidate import for_visitors
from campus_service.core.settings import settings
from campus_service.search import service as search
from campus_service.search.engine import Filters
from campus_service.search.marking import highlight
from campus_service.search.typed import in_box, searched

bp = Blueprint("compass", __name__, url_prefix="/compass")
MOST_HITS = 40


# So many of the newest articles stand on the front page.
ON_FRONT = 3
# Fewer reads say nothing about an article and much about who may have read it.
FEWEST_READS = 5


def front() -> PageSection | None:
    """What the bulletin shows on the front page, a minute old at most."""
    rows = remembered("compass.front", 60.0, lambda: public_queries.front(ON_FRONT))
    if not rows:
        return None
    return PageSection("compass/_home.html", [presenting.card(row) for row in rows])


@bp.get("")
def index() -> Response:
    """The current issue, what came since, and the archive by year; or what a search finds."""
    typed = in_box(request.args.get("q", ""))
    q = searched(typed)
    newest = public_queries.newest_issue()
    html = render_template(
        "compass/index.html",
        typed=typed,
        q=q,
        hits=_hits(q) if q else [],
        issue=_issue_card(newest) if newest and not q else None,
        early=[] if q else [presenting.card(row) for row in public_queries.early()],
        archive=None if q else _archive(request.args.get("year", type=int)),
        sections=list(Section),
    )
    return for_visitors(current_actor(), html)


@bp.get("/<int:number>")
def issue(number: int) -> Response:
    """One issue: its front and its contents."""
    found = public_queries.issue(number)
    rows = public_queries.contents(found.id)
    html = render_template(
        "compass/issue.html",
        issue=_issue_card(found, rows),
        data=presenting.issue_data(found, rows),
        canonical=settings().base_url + request.path,
    )
    return for_visitors(current_actor(), html)


@bp.get("/<int:number>/<slug>")
def article(number: int, slug: str) -> AnyResponse:
    """One article of an issue."""
    found = public_queries.article(slug)
    if found.number != number:
        return _moved(found)
    return _show(found)


@bp.get("/online/<slug>")
def online(slug: str) -> AnyResponse:
    """An article that waits for its issue; later the way to its place there."""
    found = public_queries.article(slug)
    return _show(found) if found.number is None else _moved(found)


@bp.get("/section/<section>")
def section(section: str) -> Response:
    """Everything of one section, the newest first."""
    try:
        chosen = Section(section.replace("-", "_"))
    except ValueError:
        raise NoSuchPage from None
    page = public_queries.of_section(chosen, decode_moment(request.args.get("before", "")))
    older = encode_cursor(page.next[0].isoformat(), page.next[1]) if page.next else None
    html = render_template(
        "compass/section.html",
        section=chosen,
        sections=list(Section),
        cards=[presenting.card(row) for row in page.rows],
        older=older and url_for(".section", section=section, before=older),
        later=bool(request.args.get("before")),
    )
    return for_visitors(current_actor(), html)


def _moved(found: Found) -> AnyResponse:
    if found.number is None:
        return redirect(url_for("compass.online", slug=found.publication.slug))
    return redirect(url_for("compass.article", number=found.number, slug=found.publication.slug), 301)


def _show(found: Found) -> Response:
    publication = found.publication
    rows = public_queries.contents(publication.issue_id) if publication.issue_id else []
    beside = presenting.neighbours(rows, publication.id)
    at = next((n for n, each in enumerate(beside) if each.current), 0)
    html = render_template(
        "compass/article.html",
        article=publication,
        text=Markup(publication.html),  # noqa: S704  # cleaned when it was rendered
        picture=presenting.picture(publication.cover),
        number=found.number,
        beside=beside,
        previous=beside[at - 1] if at else None,
        following=beside[at + 1] if at + 1 < len(beside) else None,
        appointment=presenting.appointment(found.event),
        errata=presenting.errata(found.corrections),
        day=fmt_day(to_local(publication.published_at).date()),
        reads=found.reads if found.reads >= FEWEST_READS else 0,
        data=presenting.article_data(found),
        canonical=settings().base_url + request.path,
    )
    return for_visitors(current_actor(), html)


def _issue_card(issue: Issue, rows: Sequence[AnyRow] | None = None) -> dict[str, object]:
    """An issue with its contents, for its page and for the top of the archive."""
    rows = public_queries.contents(issue.id) if rows is None else rows
    cards = [presenting.card(row) for row in rows]
    assert issue.published_at  # noqa: S101  # it is published
    return {
        "number": issue.number,
        "title": issue.title,
        "lede": issue.lede,
        "day": fmt_day(to_local(issue.published_at).date()),
        "url": url_for("compass.issue", number=issue.number),
        "cards": cards,
        "front": next((card for card in cards if card.picture), cards[0] if cards else None),
        "minutes": sum(card.minutes for card in cards),
    }


def _archive(wanted: int | None) -> dict[str, object] | None:
    """The issues of one year, the newest when none is asked for, with the years there are."""
    years = public_queries.years()
    if not years:
        return None
    year = wanted if wanted in years else years[0]
    issues = [
        {
            "number": row.number,
            "title": row.title,
            "lede": row.lede,
            "url": url_for("compass.issue", number=row.number),
            "day": fmt_day(to_local(row.published_at).date(), weekday=False),
        }
        for row in public_queries.issues_of(year)
    ]
    return {"year": year, "years": years, "issues": issues}


def _hits(q: str) -> list[presenting.Card]:
    found = search.find(q, Filters(kind=KINDS), sort="score", limit=MOST_HITS)
    ids = [int(id.partition(":")[2]) for id in found.ids]
    rows = public_queries.of_ids(ids) if ids else {}
    return [presenting.card(rows[id], highlight(rows[id].title, q)) for id in ids if id in rows]
