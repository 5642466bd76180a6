"""One's own things, with what comes next for each."""

from __future__ import annotations

from flask import Blueprint, render_template

from campus_service.core.http import current_actor
from campus_service.core.page import MINE

bp = Blueprint("me_things", __name__, url_prefix="/me")


@bp.get("")
def index() -> str:
    """My things, of every feature."""
    actor = current_actor()
    actor.person_id()
    sections = [section for show in MINE if (section := show(actor)).rows]
    return render_template("me/index.html", sections=sections)
