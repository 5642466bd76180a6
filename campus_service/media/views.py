"""Pages of photos: upload, take back, show."""

from __future__ import annotations

import structlog
from flask import Blueprint, Response, make_response, render_template, request

from campus_service.core.db import transaction
from campus_service.core.errors import NotFound
from campus_service.core.http import current_actor, wants_json
from campus_service.core.ratelimit import limiter
from campus_service.media import api, service, uploads
from campus_service.media.cleaned import SIZES
from campus_service.media.models import Photo
from campus_service.media.storage import MissingFile

log = structlog.get_logger(__name__)
blueprint = Blueprint("media", __name__)

_FOREVER = "public, max-age=31536000, immutable"
_NEVER = "private, no-store"
# Should a browser ever take a picture for a page, it may run and load nothing.
_SANDBOX = "sandbox; default-src 'none'"


@blueprint.post("/photos")
@limiter.limit(api.UPLOADS)
def upload() -> Response:
    """Take one or more files of the field "photo"; answer thumbnails, or JSON to who asks for it."""
    received = uploads.receive(current_actor(), request.files.getlist("photo"), required=True)
    if wants_json():
        return api.answer(received)
    return make_response(render_template("media/_thumb.html", received=received), received.status)


@blueprint.delete("/photos/<key>")
def take_back(key: str) -> Response:
    """Remove one's own photo while no report has it."""
    with transaction():
        service.remove(current_actor(), key)
    # 200 and nothing, not 204: htmx swaps the thumbnail for the answer.
    return Response("", 204 if wants_json() else 200)


@blueprint.get("/photos/<key>/<int:size>.jpg")
def show(key: str, size: int) -> Response:
    """A rendition for those who may see it; a drawn stand-in when its file is lost."""
    try:
        photo = _visible(key, size)
    except NotFound:
        if "text/html" in request.headers.get("Accept", ""):
            raise  # somebody opened the address itself
        return _confined(Response(status=404, headers={"Cache-Control": "no-store"}))
    public = service.is_public(photo)
    if public and f"{key}-{size}" in request.if_none_match:
        return _headers(Response(status=304), public, key, size)
    try:
        body = service.read(photo, size)
    except MissingFile:
        log.warning("a photo's file is missing", key=key, size=size)
        return _stand_in(photo)
    return _headers(Response(body, mimetype="image/jpeg"), public, key, size)


def _visible(key: str, size: int) -> Photo:
    photo = service.find(key)
    # Whose request it is costs a query: not asked for what everybody may see.
    if size not in SIZES or not (service.is_public(photo) or service.may_see(current_actor(), photo)):
        raise NotFound()
    return photo


def _headers(response: Response, public: bool, key: str, size: int) -> Response:
    if public:
        response.set_etag(f"{key}-{size}")
    response.headers["Cache-Control"] = _FOREVER if public else _NEVER
    return _confined(response)


def _stand_in(photo: Photo) -> Response:
    response = Response(render_template("media/missing.svg", photo=photo), mimetype="image/svg+xml")
    response.headers["Cache-Control"] = "no-store"
    return _confined(response)


def _confined(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = _SANDBOX
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
