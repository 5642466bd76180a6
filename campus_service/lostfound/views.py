"""The public pages of the registry, and where each page of /lost-found is found."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from campus_service.core.db import transaction
from campus_service.core.http import current_actor
from campus_service.core.revalidate import for_visitors
from campus_service.lostfound import (
    browsing,
    changing_views,
    claim_views,
    item_page,
    poster_views,
    posting_views,
    presenting,
    service,
)
from campus_service.lostfound.presenting import Asked

bp = Blueprint("lostfound", __name__, url_prefix="/lost-found")


@bp.get("")
def index() -> Response:
    """The list: what others found, or what others look for."""
    asked = Asked.of(request.args)
    html = render_template(
        "lostfound/index.html",
        asked=asked,
        kind=asked.filter.kind.value,
        found=browsing.results(asked),
        chips=presenting.chips(asked),
        boosted="HX-Boosted" in request.headers,
    )
    return for_visitors(current_actor(), html)


@bp.get("/<no>")
def item(no: str) -> Response:
    """One report."""
    return item_page.page(current_actor(), no)


@bp.post("/<no>/recovered")
def recovered(no: str) -> AnyResponse:
    """The loser has it back."""
    with transaction():
        service.recover(current_actor(), no)
    return redirect(url_for(".item", no=no))


@bp.post("/<no>/withdraw")
def withdraw(no: str) -> AnyResponse:
    """The loser takes the report back."""
    with transaction():
        service.withdraw(current_actor(), no)
    return redirect(url_for(".item", no=no))


@bp.post("/<no>/renew")
def renew(no: str) -> AnyResponse:
    """Still missing."""
    with transaction():
        service.renew(current_actor(), no)
    return redirect(url_for(".item", no=no))


for path, name, view, methods in (
    ("/new/lost", "new_lost", posting_views.new_lost, ("GET", "POST")),
    ("/new/found", "new_found", posting_views.new_found, ("GET", "POST")),
    ("/<no>/edit", "change", changing_views.change, ("GET", "POST")),
    ("/suggest", "suggest", posting_views.suggestions, ("GET",)),
    ("/similar", "similar", posting_views.similar, ("GET",)),
    ("/<no>/poster.pdf", "poster", poster_views.poster, ("GET",)),
    ("/<no>/share.png", "share_picture", poster_views.share_picture, ("GET",)),
    ("/<no>/claim", "claim", claim_views.claim, ("POST",)),
    ("/claims/<int:claim_id>", "show_claim", claim_views.show_claim, ("GET",)),
    ("/claims/<int:claim_id>/appeal", "appeal", claim_views.appeal, ("POST",)),
    ("/claims/<int:claim_id>/slot", "choose_slot", claim_views.choose_slot, ("POST",)),
    ("/claims/<int:claim_id>/withdraw", "withdraw_claim", claim_views.withdraw_claim, ("POST",)),
    ("/claims/<int:claim_id>/confirm", "confirm_receipt", claim_views.confirm_receipt, ("POST",)),
    ("/claims/<int:claim_id>/pickup", "pickup_state", claim_views.pickup_state, ("GET",)),
    ("/receipt/<token>", "receipt", claim_views.receipt, ("GET",)),
):
    bp.add_url_rule(path, name, view, methods=methods)
