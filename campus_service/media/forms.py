"""What a form with photos sent: its words as they were typed, its photos stored already, or a visitor's decoded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import uuid4

from flask import request
from pydantic import BaseModel

from campus_service.core.actor import Actor
from campus_service.core.errors import Invalid, Text
from campus_service.core.http import parse
from campus_service.core.i18n import lazy
from campus_service.media import service as media
from campus_service.media import uploads
from campus_service.media.cleaned import Cleaned

Command = TypeVar("Command", bound=BaseModel)


@dataclass(slots=True)
class Typed:
    """A form as it stands: every value a string, so that it can be shown again just as it was typed."""

    values: dict[str, str] = field(default_factory=dict)
    photos: list[str] = field(default_factory=list)
    errors: dict[str, Text] = field(default_factory=dict)
    # A visitor has no place for photos that wait: his come with the form and are stored with what they belong to.
    nameless: list[Cleaned] = field(default_factory=list)

    @classmethod
    def blank(cls, values: Mapping[str, str]) -> Typed:
        """A form nobody has sent yet; its key makes sending it twice the same as once."""
        return cls({"request_key": uuid4().hex, **values})

    @classmethod
    def sent(cls, actor: Actor) -> Typed:
        """The form of this request. Files that came along without JavaScript are stored now, a visitor's only decoded."""
        typed = cls(request.form.to_dict(), request.form.getlist("photos") if actor.signed_in else [])
        try:
            typed._take_files(actor)
        except Invalid as wrong:
            typed.errors["photos"] = next(iter(wrong.fields.values()))
        return typed

    def _take_files(self, actor: Actor) -> None:
        files = request.files.getlist("photo_files")
        if actor.signed_in:
            received = uploads.receive(actor, files)
            self.photos += [photo.key for photo in received.photos]
            refused = received.refused
        else:
            self.nameless, refused = uploads.decode(files)
        if refused:
            first = refused[0]
            self.errors["photos"] = lazy(
                "“%(name)s”：%(reason)s", name=first.name, reason=first.reason.message
            )

    def command(self, kind: type[Command], **lists: list[str]) -> Command:
        """The form as a command; raises Invalid with everything that has to be changed.

        ``lists``: fields that have several values.
        """
        try:
            command = parse(kind, self._values_of(kind) | lists)
        except Invalid as wrong:
            raise Invalid(wrong.fields | self.errors) from None
        if self.errors:
            raise Invalid(self.errors)
        return command

    def _values_of(self, kind: type[BaseModel]) -> dict[str, Any]:
        known: dict[str, Any] = {name: self.values[name] for name in kind.model_fields if name in self.values}
        return known | {"photos": self.photos}

    def with_nameless(self, command: Command) -> Command:
        """``command`` with a visitor's photos, stored in the running transaction by nobody."""
        if not self.nameless:
            return command
        system = Actor.system()
        return command.model_copy(
            update={"photos": [media.store(system, each).key for each in self.nameless]}
        )

    def thumbs(self, actor: Actor) -> list[dict[str, str]]:
        """The photos that still wait for their report, for the form shown again."""
        if not self.photos:
            return []
        return [
            {"key": photo.key, "url": photo.url(320)} for photo in media.waiting_photos(actor, self.photos)
        ]
