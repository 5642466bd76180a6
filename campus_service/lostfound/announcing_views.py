"""Public pages: how a found campus card is handled, and the monthly 招领公告."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from campus_service.core.db import transaction
from campus_service.core.http import current_actor
from campus_service.core.i18n import _
from campus_service.core.permissions import Permission as P
from campus_service.core.ratelimit import limiter
from campus_service.lostfound import announcing, keeping_queries, queries, service, story
from campus_service.lostfound.figures_views import month_name
from campus_service.lostfound.poster_views import PER_READER, as_file
from campus_service.lostfound.service.keeping import last_month

bp = Blueprint("announcing", __name__, url_prefix="/lost-found")


@bp.get("/cards")
def cards() -> AnyResponse | str:
    """What to do with a found card; the desks go on to their own page."""
    if current_actor().can(P.LOSTFOUND_ITEM_INTAKE):
        return redirect(url_for("keeping.cards"))
    desks = [(story.desk_name(desk.code), *story.desk_lines(desk)) for desk in queries.desks()]
    return render_template("lostfound/cards.html", desks=desks)


@bp.get("/notices")
def notices() -> str:
    """All months; the desks publish the last one here when the job has not."""
    month = last_month()
    missing = current_actor().can(P.LOSTFOUND_ITEM_INTAKE) and not keeping_queries.is_published(month)
    return render_template(
        "lostfound/notices.html",
        notices=announcing.notices(),
        missing=month if missing else "",
        month_name=month_name,
    )


@bp.post("/notices")
def publish() -> AnyResponse:
    """Publish last month's notice."""
    with transaction():
        month = service.publish_notice(current_actor()).month
    flash(_("公布了。没有公告过的东西，期限从今天算起。"), "success")
    return redirect(url_for("announcing.notice", month=month))


@bp.get("/notices/<month>.pdf")
@limiter.limit(PER_READER)
def paper(month: str) -> Response:
    """The same on paper, to be hung up."""
    return as_file(
        announcing.paper(month, url_for(".notice", month=month)), "application/pdf", f"{month}.pdf"
    )


@bp.get("/notices/<month>")
def notice(month: str) -> str:
    """One month as it was published."""
    return render_template("lostfound/notice.html", notice=announcing.notice(month), month_name=month_name)
