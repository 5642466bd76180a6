"""The page on which a report is changed: the form it was posted with, filled in."""

from __future__ import annotations

from flask import redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from campus_service.core.db import transaction
from campus_service.core.errors import Invalid
from campus_service.core.http import current_actor
from campus_service.core.ratelimit import limiter
from campus_service.lostfound import item_page, posting_views, projection, service
from campus_service.lostfound.commands import ChangeReport
from campus_service.lostfound.models import FoundItem, LostReport
from campus_service.media.forms import Typed

CHANGES_PER_HOUR = "60 per hour"


@limiter.limit(CHANGES_PER_HOUR, methods=["POST"])
def change(no: str) -> AnyResponse:
    """Another word, another day, other photos."""
    actor = current_actor()
    report = service.to_change(actor, no)
    kind = projection.kind_of(report)
    photos = item_page.photos(report, everything=True)
    if request.method == "GET":
        typed = Typed.blank(_values(report))
        typed.photos = [photo.key for photo in photos]
        return posting_views.page(kind, typed, changes=no, kept=photos)
    typed = Typed.sent(actor)
    try:
        command = posting_views.command(ChangeReport, typed)
        with transaction():
            report = service.change(actor, no, command)
    except Invalid as wrong:
        typed.errors |= wrong.fields
        return posting_views.page(kind, typed, changes=no, kept=photos)
    at_desk = isinstance(report, FoundItem) and report.reporter_id != actor.id
    return redirect(url_for("desk.item" if at_desk else "lostfound.item", no=no))


def _values(report: FoundItem | LostReport) -> dict[str, str]:
    """The report as its form shows it."""
    names = ("title", "category", "place", "day_part", "description", "private_marks", "contact")
    return {name: str(getattr(report, name)) for name in names} | {
        "occurred_on": report.occurred_on.isoformat()
    }
