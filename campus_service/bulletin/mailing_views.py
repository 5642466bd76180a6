"""How far each mailing has come, for the chief editor."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from campus_service.bulletin.service import sending
from campus_service.bulletin.states import DeliveryState
from campus_service.core.db import transaction
from campus_service.core.http import current_actor
from campus_service.core.i18n import _

bp = Blueprint("mailings", __name__, url_prefix="/newsroom/mailings")


@bp.get("")
def index() -> str:
    """The newest mailings, each with its bar."""
    return render_template(
        "newsroom/mailings.html", mailings=sending.progress(current_actor()), states=list(DeliveryState)
    )


@bp.get("/<int:mailing_id>")
def show(mailing_id: int) -> str:
    """One mailing: by domain, and what failed."""
    each, domains, failures = sending.one(current_actor(), mailing_id)
    return render_template(
        "newsroom/mailing.html",
        each=each,
        domains=domains,
        failures=failures,
        states=list(DeliveryState),
        doubtful=each.counts.get(DeliveryState.DOUBTFUL, 0),
    )


@bp.post("/<int:mailing_id>/pause")
def pause(mailing_id: int) -> AnyResponse:
    """Hold it, or let it go on."""
    with transaction():
        sending.pause(current_actor(), mailing_id)
    return redirect(url_for("mailings.show", mailing_id=mailing_id))


@bp.post("/<int:mailing_id>/again")
def again(mailing_id: int) -> AnyResponse:
    """Send once more what a crash left in doubt."""
    with transaction():
        count = sending.send_doubtful(current_actor(), mailing_id)
    flash(_("又排上 %(n)s 封。", n=count) if count else _("没有说不准的了。"))
    return redirect(url_for("mailings.show", mailing_id=mailing_id))
