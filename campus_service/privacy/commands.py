"""What a person may ask about all of his data."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, SecretStr, StringConstraints, field_validator

from campus_service.core.i18n import lazy, marked

# What is typed to show that it is meant; in either language.
PHRASE = marked("删除我的数据")
_PHRASES = frozenset([PHRASE, "delete my data"])


class AskErasure(BaseModel):
    """Delete everything: the phrase, typed, and the password."""

    model_config = ConfigDict(frozen=True)

    phrase: Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)]
    password: SecretStr

    @field_validator("phrase")
    @classmethod
    def _is_meant(cls, value: str) -> str:
        if value.lower() not in _PHRASES:
            raise ValueError(lazy("请照着写“%(phrase)s”。", phrase=lazy(PHRASE)))
        return value
