"""What may be asked of the way between desks, of counts of a shelf, and of what is inside a thing."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StringConstraints, ValidationInfo, field_validator

from campus_service.core.i18n import lazy
from campus_service.lostfound.commands import Command, Line
from campus_service.lostfound.custody import Content
from campus_service.lostfound.states import Arrival, DifferenceKind, Explanation

# What a wedge scanner types, a camera reads or a person enters: the bare number, or an address that ends with it.
_NUMBER = re.compile(r"(?:^|/)(\d{4}-\d{4,6})(?:$|[?#])")
BATCH = 100


def number_in(text: str) -> str:
    """The number of a thing in what was scanned, full-width digits too; "" when there is none."""
    found = _NUMBER.search(unicodedata.normalize("NFKC", text).strip().replace("–", "-"))
    return found[1] if found else ""


def _tag(value: Any) -> str:
    number = number_in(str(value))
    if not number:
        raise ValueError(lazy("“%(text)s”不是标签上的编号，编号像 2611-0149。", text=str(value)[:40]))
    return number


Tag = Annotated[str, BeforeValidator(_tag)]
Shelf = Annotated[str, StringConstraints(strip_whitespace=True, to_upper=True, max_length=20)]
DeskCode = Annotated[str, StringConstraints(min_length=1, max_length=20)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
Numbers = Annotated[list[Tag], Field(min_length=1, max_length=BATCH)]


class Send(Command):
    """One person hands several things to another desk at once."""

    numbers: Numbers
    desk: DeskCode
    carried_by: Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)] = ""
    note: Words = ""


class Arrived(Command):
    """How things arrived; what does not agree is said in words."""

    shelf: Annotated[str, StringConstraints(strip_whitespace=True, max_length=20)] = ""
    arrival: Arrival = Arrival.INTACT
    arrival_note: Annotated[Words, Field(validate_default=True)] = ""

    @field_validator("arrival_note")
    @classmethod
    def _say_what_differs(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("arrival") is Arrival.DIFFERS and not value:
            raise ValueError(lazy("有出入要写清楚：少了什么，或哪里坏了。"))
        return value


class ArrivedMany(Arrived):
    """Several things are signed for at once."""

    numbers: Numbers


class Refuse(Command):
    """What was announced did not come, or is not what was announced."""

    kind: DifferenceKind
    note: Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=200)]

    @field_validator("kind")
    @classmethod
    def _of_an_arrival(cls, value: DifferenceKind) -> DifferenceKind:
        if value not in (DifferenceKind.NOT_ARRIVED, DifferenceKind.MISMATCH):
            raise ValueError(lazy("请选“没收到”或“对不上”。"))
        return value


class Settle(Command):
    """How a difference was cleared up."""

    note: Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=300)]


class StartStockTake(Command):
    """Count a shelf of a desk, or with no shelf the whole desk."""

    desk: DeskCode
    shelf: Shelf = ""


class CountItem(Command):
    """This tag lies here; in a count of a whole desk, on which shelf."""

    tag: Tag
    shelf: Shelf = ""


class Explained(Command):
    """Why one thing did not agree."""

    no: Tag
    explanation: Explanation
    note: Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=300)]


class CloseStockTake(Command):
    """The explanations of all differences."""

    explained: list[Explained] = Field(default_factory=list, max_length=2000)


def _fen(value: Any) -> Any:
    """Yuan as people write them ("30", "30.5") in fen; None for nothing."""
    text = unicodedata.normalize("NFKC", str(value if value is not None else "")).strip().removesuffix("元")
    if not text:
        return None
    if not re.fullmatch(r"\d{1,6}(\.\d{1,2})?", text):
        raise ValueError(lazy("“%(text)s”不是金额，写成 30 或 30.50。", text=text[:20]))
    return int(Decimal(text) * 100)


Yuan = Annotated[int | None, BeforeValidator(_fen)]


class PutContent(Command):
    """One line of what a thing holds; ``yuan`` only for cash."""

    kind: Content
    what: Line = ""
    count: int = Field(default=1, ge=1, le=999)
    yuan: Yuan = None


class CountCash(Command):
    """The second person counted the cash too."""

    yuan: Annotated[int, BeforeValidator(_fen)]
