"""A person's own photos: copied for him as files, and taken away or made nobody's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import select, update

from campus_service.core import personal
from campus_service.core.db import db
from campus_service.media import service
from campus_service.media.cleaned import SIZES
from campus_service.media.models import Photo
from campus_service.media.storage import MissingFile


def _mine(person: personal.Person) -> Any:
    return Photo.uploaded_by == person.id


def _copy(person: personal.Person) -> Mapping[str, Any]:
    kept = ("id", "key", "created_at", "owner_type", "owner_id", "private")
    others = [column.name for column in Photo.__table__.columns if column.name not in kept]
    return {"photos": personal.rows(Photo, _mine(person), leave_out=others)}


def _files(person: personal.Person) -> Iterator[tuple[str, bytes]]:
    for photo in db.session.scalars(select(Photo).where(_mine(person)).order_by(Photo.id)).all():
        try:
            yield f"photos/{photo.key}.jpg", service.read(photo, max(SIZES))
        except MissingFile:
            continue


def _erase(person: personal.Person) -> None:
    """What waits for a report goes; what a report still shows has no uploader any more."""
    service.delete_unattached(person.id)
    db.session.execute(update(Photo).where(_mine(person)).values(uploaded_by=None))


personal.register("photos", personal.Part(_copy, _erase, _files))
