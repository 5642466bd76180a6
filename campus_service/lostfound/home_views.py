"""The front page."""

from __future__ import annotations

from flask import Blueprint, Response, render_template

from campus_service.core.http import current_actor
from campus_service.core.i18n import language
from campus_service.core.page import FRONT
from campus_service.core.revalidate import for_visitors
from campus_service.lostfound import presenting, queries
from campus_service.lostfound.states import Kind

bp = Blueprint("front", __name__)
NEWEST = 8
# What is often searched for; the synonyms lead the English words to things that are described in Chinese.
EXAMPLES = {
    "zh_CN": ("耳机盒", "钥匙", "雨伞", "水杯"),
    "en": ("AirPods", "key", "umbrella", "bottle"),
}


def home() -> Response:
    """Search, the three ways in, and what has just been handed in."""
    page = queries.listing(queries.ListFilter(Kind.FOUND), limit=NEWEST)
    html = render_template(
        "home.html",
        cards=presenting.cards(Kind.FOUND, page.rows),
        figures=queries.week_figures(),
        q_examples=EXAMPLES[language()],
        others=[section for make in FRONT if (section := make())],
    )
    return for_visitors(current_actor(), html)


# The front page belongs to the whole site: its endpoint has no blueprint's name.
bp.record(lambda state: state.app.add_url_rule("/", "home", home))
