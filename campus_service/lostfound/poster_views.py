"""What of a report is taken away: the poster to hang up, the picture to send to a chat."""

from __future__ import annotations

from flask import Response, request

from campus_service.core.papers import Paper
from campus_service.core.ratelimit import limiter
from campus_service.lostfound import posters

# Setting one takes a tenth of a second.
PER_READER = "30 per minute"


@limiter.limit(PER_READER)
def poster(no: str) -> Response:
    """寻物启事 or 招领启事 on A4."""
    return as_file(posters.poster(no), "application/pdf", f"{no}.pdf")


@limiter.limit(PER_READER)
def share_picture(no: str) -> Response:
    """1080 × 1440 pixels with the code."""
    return as_file(posters.picture(no), "image/png", f"{no}.png")


def as_file(made: Paper, mimetype: str, name: str) -> Response:
    """To be asked for again each time: what is taken off the site must not come from anybody's cache."""
    response = Response(made.content, mimetype=mimetype)
    response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    response.headers["Cache-Control"] = "private, no-cache"
    response.set_etag(made.key)
    response.make_conditional(request)
    return response
