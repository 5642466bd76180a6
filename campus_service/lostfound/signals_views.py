"""/desk/signals: what in the claims of the last 30 days is worth a second look."""

from __future__ import annotations

from flask import Blueprint, Response

from campus_service.core.http import current_actor
from campus_service.lostfound import desk_signals
from campus_service.lostfound.desk_page import page

bp = Blueprint("signals", __name__, url_prefix="/desk/signals")


@bp.get("")
def index() -> Response:
    """All signs, the latest claim's first."""
    return page("claims", "signals", signs=desk_signals.recent(current_actor()))
