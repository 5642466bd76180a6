"""/desk/signals: what in the claims of the last 30 days is worth a second look."""

from __future__ import annotations

from flask import Blueprint, render_template

from campus_service.core.http import current_actor
from campus_service.lostfound import desk_signals

bp = Blueprint("signals", __name__, url_prefix="/desk/signals")


@bp.get("")
def index() -> str:
    """All signs, the latest claim's first."""
    return render_template("desk/signals.html", desk_key="claims", signs=desk_signals.recent(current_actor()))
