"""/newsroom/wechat: an issue and its articles ready to be copied into WeChat's editor, with their pictures."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request

from campus_service.bulletin import poster_queries, wechat
from campus_service.bulletin.models import Issue
from campus_service.bulletin.newsroom_views import page
from campus_service.bulletin.wechat import Copy
from campus_service.core.errors import NotFound
from campus_service.core.http import current_actor
from campus_service.core.i18n import lazy
from campus_service.core.permissions import Permission as P

bp = Blueprint("wechat", __name__, url_prefix="/newsroom/wechat")
# The preview has WeChat's inline styles, in a frame of its own where nothing else may run.
_PREVIEW = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox"


@bp.before_request
def _editors_only() -> None:
    current_actor().require(P.BULLETIN_ARTICLE_EDIT)


@bp.get("/<int:number>")
def issue(number: int) -> Response:
    """The whole issue as one text, and the way to each of its articles."""
    found = poster_queries.issue_out(number)
    return _page(found, wechat.of_issue(found))


@bp.get("/<int:number>/<slug>")
def article(number: int, slug: str) -> Response:
    """One article."""
    found = poster_queries.issue_out(number)
    return _page(found, _copy(found, slug))


def _page(issue: Issue, copy: Copy) -> Response:
    return page(
        "posters",
        "wechat",
        issue=issue,
        copy=copy,
        rows=poster_queries.publications(issue.id),
        limit=wechat.LIMIT,
    )


def _copy(issue: Issue, slug: str) -> Copy:
    copy = wechat.of_article(issue, slug) if slug else wechat.of_issue(issue)
    if copy is None:
        raise NotFound(lazy("第 %(n)s 期里没有这篇文章。", n=issue.number))
    return copy


@bp.get("/<int:number>/preview")
def preview(number: int) -> Response:
    """A part of the text as it will look, for the frame (``?article=``, ``?part=`` from 1)."""
    copy = _copy(poster_queries.issue_out(number), request.args.get("article", ""))
    at = request.args.get("part", 1, type=int)
    if not 1 <= at <= len(copy.parts):
        raise NotFound()
    response = Response(render_template("newsroom/wechat_preview.html", copy=copy, html=copy.parts[at - 1]))
    response.headers["Content-Security-Policy"] = _PREVIEW
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response


@bp.get("/<int:number>/pictures.zip")
def pictures(number: int) -> Response:
    """The pictures in reading order and the covers in WeChat's two shapes (``?article=`` for one)."""
    found, slug = poster_queries.issue_out(number), request.args.get("article", "")
    _copy(found, slug)
    response = Response(wechat.pack(found, slug), mimetype="application/zip")
    name = "-".join(filter(None, ("compass", str(number), slug)))
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.zip"'
    response.headers["Cache-Control"] = "private, no-store"
    return response
