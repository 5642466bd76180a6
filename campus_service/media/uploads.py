"""From a form's files to stored photos: what every view with a photo field uses."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from werkzeug.datastructures import FileStorage

from campus_service.core.actor import Actor
from campus_service.core.db import transaction
from campus_service.core.errors import Invalid
from campus_service.core.i18n import lazy
from campus_service.media import decoder, service
from campus_service.media.cleaned import MAX_BYTES, Cleaned
from campus_service.media.errors import ImageRefused
from campus_service.media.models import MAX_PER_OWNER, Photo

_NAME_LENGTH = 60


@dataclass(frozen=True, slots=True)
class Refused:
    """A file that was not taken: its name as the person knows it, and why."""

    name: str
    reason: ImageRefused


@dataclass(frozen=True, slots=True)
class Received:
    """What became of a form's files."""

    photos: list[Photo] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)

    @property
    def status(self) -> int:
        """The HTTP status of the answer: created, when at least one photo was taken."""
        return 201 if self.photos else self.refused[0].reason.status


def receive(actor: Actor, files: Iterable[FileStorage], *, required: bool = False) -> Received:
    """Decode and store each file in a transaction of its own; one bad photo does not cost the others.

    File fields left empty are passed over. Call it outside ``transaction()``: decoding must not hold the database.
    Raises SignInNeeded, Invalid (more than six; none, if one is required), TooMany, StorageFull.
    """
    service.check_person(actor)
    chosen = _chosen(files)
    if required and not chosen:
        raise Invalid({"photo": lazy("请先选一张照片。")})
    received = Received()
    for file in chosen:
        _receive_one(actor, file, received)
    return received


def decode(files: Iterable[FileStorage]) -> tuple[list[Cleaned], list[Refused]]:
    """Decode what a visitor's form brought, to be stored with what it belongs to. Call it outside ``transaction()``."""
    cleaned: list[Cleaned] = []
    refused: list[Refused] = []
    for file in _chosen(files):
        try:
            cleaned.append(_cleaned(file))
        except ImageRefused as refusal:
            refused.append(_refused(file, refusal))
    return cleaned, refused


def _chosen(files: Iterable[FileStorage]) -> list[FileStorage]:
    chosen = [file for file in files if file.filename]
    if len(chosen) > MAX_PER_OWNER:
        raise Invalid({"photo": lazy("一次最多 %(n)s 张照片。", n=MAX_PER_OWNER)})
    return chosen


def _cleaned(file: FileStorage) -> Cleaned:
    with file.stream as stream:  # a large one is a file in the system's folder for temporary files
        return decoder.clean(stream.read(MAX_BYTES + 1))


def _refused(file: FileStorage, refusal: ImageRefused) -> Refused:
    return Refused((file.filename or "")[-_NAME_LENGTH:], refusal)


def _receive_one(actor: Actor, file: FileStorage, received: Received) -> None:
    try:
        cleaned = _cleaned(file)
    except ImageRefused as refusal:
        received.refused.append(_refused(file, refusal))
        return
    with transaction():
        received.photos.append(service.store(actor, cleaned))
