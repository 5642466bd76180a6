"""One's own reports and claims, with what comes next for each."""

from __future__ import annotations

from flask import Blueprint, render_template

from campus_service.core.http import current_actor
from campus_service.lostfound import mine

bp = Blueprint("me_things", __name__, url_prefix="/me")


@bp.get("")
def index() -> str:
    """My things."""
    actor = current_actor()
    return render_template("me/index.html", claims=mine.claims(actor), reports=mine.reports(actor))
