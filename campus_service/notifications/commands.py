"""What the form of a webhook may ask."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from campus_service.core.i18n import lazy
from campus_service.notifications.robots import Robot

Code = Annotated[str, StringConstraints(max_length=60)]


class SaveWebhook(BaseModel):
    """A robot and what it announces; an empty ``url`` or ``secret`` means: as it was."""

    model_config = ConfigDict(frozen=True)

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]
    kind: Robot
    url: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)] = ""
    secret: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""
    forget_secret: bool = False
    department: Annotated[str, StringConstraints(max_length=32)] = ""
    events: list[Code] = Field(default_factory=list, max_length=100)
    version: int = 0

    @field_validator("url")
    @classmethod
    def _plain(cls, value: str) -> str:
        if not (value.isascii() and value.isprintable()) or " " in value:
            raise ValueError(lazy("这个地址里有不该有的字符，请从群聊里重新复制。"))
        return value
