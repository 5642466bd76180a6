"""How far each mailing has come, for the chief editor."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from campus_service.bulletin.service import sending
from campus_service.bulletin.states import DeliveryState
from campus_service.core.db import transaction
from campus_service.core.http import current_actor

bp = Blueprint("mailings", __name__, url_prefix="/newsroom/mailings")


@bp.get("")
def index() -> str:
    """The newest mailings, each with its bar."""
    return render_template(
        "newsroom/mailings.html", mailings=sending.progress(current_actor()), states=list(DeliveryState)
    )


@bp.post("/<int:mailing_id>/pause")
def pause(mailing_id: int) -> AnyResponse:
    """Hold it, or let it go on."""
    with transaction():
        sending.pause(current_actor(), mailing_id)
    return redirect(url_for("mailings.index"))
