"""Feeds, whole and per section."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, request, url_for
from werkzeug.exceptions import NotFound as NoSuchPage

from campus_service.bulletin import feeds, presenting, public_queries
from campus_service.bulletin.states import Section
from campus_service.core.i18n import force_locale

bp = Blueprint("feeds", __name__, url_prefix="/compass")
_TYPES = {"atom": "application/atom+xml", "json": "application/feed+json"}


@bp.get("/feed.atom", endpoint="atom", defaults={"format": "atom"})
@bp.get("/feed.json", endpoint="json", defaults={"format": "json"})
def whole(format: str) -> Response:
    """Everything, the newest first."""
    return _feed(None, format)


@bp.get("/section/<section>/feed.atom", endpoint="section_atom", defaults={"format": "atom"})
@bp.get("/section/<section>/feed.json", endpoint="section_json", defaults={"format": "json"})
def of_section(section: str, format: str) -> Response:
    """One section."""
    return _feed(chosen_section(section), format)


def chosen_section(name: str) -> Section:
    """A section by its name in an address; raises NotFound."""
    try:
        return Section(name.replace("-", "_"))
    except ValueError:
        raise NoSuchPage from None


def _feed(section: Section | None, format: str) -> Response:
    rows = [(row, presenting.address(row)) for row in public_queries.feed(section)]
    page = url_for("compass.index")
    if section:
        page = url_for("compass.section", section=section.value.replace("_", "-"))
    # The bulletin is Chinese, whatever its reader's program prefers.
    with force_locale("zh_CN"):
        title = f"{presenting.NAME} · {section.label}" if section else presenting.NAME
        make = feeds.atom if format == "atom" else feeds.json_feed
        body = make(title, request.path, page, rows)
    response = make_response(body)
    response.content_type = f"{_TYPES[format]}; charset=utf-8"
    response.headers["Cache-Control"] = "public, max-age=300"
    if rows:
        response.last_modified = max(row.updated_at for row, _path in rows)
    response.add_etag()
    response.make_conditional(request)
    return response
