"""The short address in the codes on labels, and the page where desks scan or type them."""

from __future__ import annotations

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from campus_service.core.errors import NotFound
from campus_service.core.http import current_actor
from campus_service.core.i18n import _
from campus_service.core.permissions import Permission as P
from campus_service.core.revalidate import for_visitors
from campus_service.lostfound import custody_pages, custody_queries, desk_items, queries
from campus_service.lostfound.commands_custody import number_in
from campus_service.lostfound.desk_page import chosen, page
from campus_service.lostfound.states import ClaimState

bp = Blueprint("scan", __name__)


@bp.get("/s/<no>")
def short(no: str) -> AnyResponse:
    """A label was scanned: for staff what can be done with the thing; for others its page, if there is one.

    What the public may not know of and what does not exist look the same.
    """
    actor = current_actor()
    if actor.can(P.LOSTFOUND_ITEM_INTAKE):
        return _for_staff(no)
    try:
        queries.found_item(actor, no)
    except NotFound:
        return for_visitors(actor, render_template("lostfound/kept.html"))
    return redirect(url_for("lostfound.item", no=no))


def _for_staff(no: str) -> Response:
    actor = current_actor()
    thing = desk_items.item_page(actor, no)
    return page(
        "watch",
        "scanned",
        page=thing,
        takes=custody_queries.open_stock_takes(actor, chosen().code),
        take_name=custody_pages.take_name,
        approved=any(claim.state is ClaimState.APPROVED for claim in thing.claims),
        view="scan",
    )


@bp.get("/desk/scan")
def desk() -> AnyResponse:
    """Scan or type a label; what was read leads to the thing."""
    actor = current_actor()
    actor.require(P.LOSTFOUND_ITEM_INTAKE)
    typed = request.args.get("tag", "").strip()[:200]
    if not typed:
        return page("watch", "scan", tag="", view="scan")
    number = number_in(typed)
    if number and custody_queries.items(actor, [number]):
        return redirect(url_for("scan.short", no=number))
    flash(
        _("账上没有“%(tag)s”。核对标签上的编号，像 2611-0149；没有登记过的，先去收件。", tag=typed[:40]),
        "late",
    )
    return make_response(page("watch", "scan", tag=typed, view="scan"), 404)
