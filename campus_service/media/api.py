"""Photos as JSON: what an upload answers to programs, and the API's own upload for personal tokens."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request
from pydantic import BaseModel

from campus_service.core.api import OPERATIONS, PREFIX, Operation
from campus_service.core.http import current_actor, problem
from campus_service.core.i18n import _, lazy
from campus_service.core.ratelimit import limiter
from campus_service.media import uploads
from campus_service.media.models import Photo

bp = Blueprint("api_media", __name__, url_prefix=PREFIX)

# A desk takes in two hundred things in its busiest hour; a program that fills disks wants more.
UPLOADS = "300 per hour"


class PhotoOut(BaseModel):
    """A stored photo; width and height in pixels are those of the rendition of at most 960."""

    key: str
    width: int
    height: int
    colour: str
    url_320: str
    url_960: str

    @classmethod
    def of(cls, photo: Photo) -> PhotoOut:
        """What the uploader hears of a photo."""
        return cls(
            key=photo.key,
            width=photo.width,
            height=photo.height,
            colour=photo.colour,
            url_320=photo.url(320),
            url_960=photo.url(960),
        )


@bp.post("/photos")
@limiter.limit(UPLOADS)
def upload() -> Response:
    """Take files of the multipart field "photo"; their keys go into the field "photos" of a report."""
    return answer(uploads.receive(current_actor(), request.files.getlist("photo"), required=True))


OPERATIONS.append(
    Operation(
        method="POST",
        path="/photos",
        name="upload_photo",
        summary=lazy("上传照片（multipart 字段 photo）"),
        returns=PhotoOut,
        status=201,
        body=None,
        query=None,
        needs="",
    )
)


def answer(received: uploads.Received) -> Response:
    """One photo as itself; several as {"photos": […], "refused": […]}; none as a problem."""
    refused = [_refusal(each) for each in received.refused]
    if not received.photos:
        return problem(received.status, refused[0]["detail"], code=refused[0]["code"], refused=refused)
    photos = [PhotoOut.of(photo).model_dump() for photo in received.photos]
    response = jsonify(
        photos[0] if len(photos) == 1 and not refused else {"photos": photos, "refused": refused}
    )
    response.status_code = received.status
    return response


def _refusal(refused: uploads.Refused) -> dict[str, str]:
    detail = _("“%(name)s”：%(reason)s", name=refused.name, reason=str(refused.reason.message))
    return {"name": refused.name, "code": refused.reason.code, "detail": detail}
