"""What staff may ask of the words of the search."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints, field_validator

from campus_service.core.i18n import lazy
from campus_service.search.added import read
from campus_service.search.analyser import telling

# Characters of a line, and of one phrase in it.
LINE, PHRASE = 200, 30
_PLAIN = re.compile(r"[\w .+&·/'#-]+")


class SaveWords(BaseModel):
    """One line of words: ``a, b``, ``head > a, b``, or one of these with ``-`` in front; ``note`` says why."""

    model_config = ConfigDict(frozen=True)

    line: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LINE)]
    note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=80)] = ""
    id: int = 0
    version: int = 0

    @field_validator("line")
    @classmethod
    def _says_something(cls, text: str) -> str:
        line = read(text)
        if len(set(line.phrases)) < 2 or not line.heads:
            raise ValueError(lazy("一行至少要有两个词。"))
        if set(line.heads) & set(line.members):
            raise ValueError(lazy("同一个词不能又在“>”前面，又在后面。"))
        for phrase in line.phrases:
            if len(phrase) > PHRASE:
                raise ValueError(lazy("“%(word)s”太长了，一个词最多 %(n)s 个字。", word=phrase, n=PHRASE))
            if not _PLAIN.fullmatch(phrase):
                raise ValueError(lazy("“%(word)s”里有不能用的符号。", word=phrase))
            if not telling(phrase):
                raise ValueError(lazy("“%(word)s”几乎每条都有，找不出什么，请换一个词。", word=phrase))
        return " ".join(text.split())


class DeleteWords(BaseModel):
    """Take a line out."""

    model_config = ConfigDict(frozen=True)

    id: int
