"""What a person may ask about the searches he keeps."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints, model_validator

from campus_service.core.i18n import lazy
from campus_service.following.states import Rhythm


def _one_line(value: Any) -> Any:
    return " ".join(value.split()) if isinstance(value, str) else value


Code = Annotated[str, StringConstraints(max_length=32)]


class KeepSearch(BaseModel):
    """Keep a search: words, a category, an area, or several of them; without words it is an alert."""

    model_config = ConfigDict(frozen=True)

    q: Annotated[str, BeforeValidator(_one_line), StringConstraints(max_length=100)] = ""
    kind: Code
    category: Code = ""
    area: Code = ""
    rhythm: Rhythm = Rhythm.INSTANT

    @model_validator(mode="after")
    def _narrows(self) -> Self:
        if not (self.q or self.category or self.area):
            raise ValueError(lazy("先搜几个字，或选一个类别、一个地点，再关注。"))
        return self


class SetRhythm(BaseModel):
    """How soon to be told."""

    model_config = ConfigDict(frozen=True)

    rhythm: Rhythm
