"""What an import may ask of the service guide."""

from __future__ import annotations

from typing import Annotated

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, StringConstraints

Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
Item = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
Items = Annotated[list[Item], Field(max_length=30)]


class AddGuide(BaseModel):
    """One matter of one department, complete: nobody should have to come a second time."""

    model_config = ConfigDict(frozen=True)

    department: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=32)]
    title: Title
    who: Item
    basis: Annotated[str, StringConstraints(strip_whitespace=True, max_length=300)] = ""
    materials: Items = Field(default_factory=list)
    steps: Annotated[list[Item], Field(min_length=1, max_length=30)]
    promise_working_days: Annotated[int, Field(ge=0, le=120)]
    place: Annotated[Line, Field(validation_alias=AliasChoices("place", "where"))] = ""
    hours: Line = ""
    phone: Annotated[str, StringConstraints(strip_whitespace=True, max_length=60)] = ""
    refusal_reasons: Items = Field(default_factory=list)
