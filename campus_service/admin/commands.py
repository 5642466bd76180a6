"""What administrators may ask of the working calendar."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints, model_validator

from campus_service.core.calendar import REASON_LENGTH
from campus_service.core.i18n import lazy

_Day = Annotated[date | None, BeforeValidator(lambda value: value or None)]


class MarkDays(BaseModel):
    """Days from ``first`` to ``last`` (none: one day) are off, are worked, or are again what they were."""

    model_config = ConfigDict(frozen=True)

    first: date
    last: _Day = None
    what: Literal["off", "on", "restore"]
    reason: Annotated[str, StringConstraints(strip_whitespace=True, max_length=REASON_LENGTH)] = ""

    @model_validator(mode="after")
    def _says_why(self) -> MarkDays:
        if self.what != "restore" and not self.reason:
            raise ValueError(lazy("写明原因，比如“寒假”“校庆放假”“调休上班”。"))
        return self


class ImportYear(BaseModel):
    """Take a year over from chinesecalendar."""

    model_config = ConfigDict(frozen=True)

    year: int
