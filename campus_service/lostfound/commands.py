"""What a form, an API call or the command line may ask of the registry."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)

from campus_service.core.clock import BEIJING, today
from campus_service.core.i18n import lazy
from campus_service.lostfound.categories import Category
from campus_service.lostfound.custody import Content


class DayPart(StrEnum):
    """The part of a day."""

    MORNING = "morning"
    NOON = "noon"
    AFTERNOON = "afternoon"
    EVENING = "evening"


class IdType(StrEnum):
    """Documents that are looked at when a thing is collected."""

    CAMPUS_CARD = "campus_card"
    ID_CARD = "id_card"
    PASSPORT = "passport"
    OTHER = "other"


DAY_PART_LABELS = {
    DayPart.MORNING: lazy("上午"),
    DayPart.NOON: lazy("中午"),
    DayPart.AFTERNOON: lazy("下午"),
    DayPart.EVENING: lazy("晚上"),
}
ID_TYPE_LABELS = {
    IdType.CAMPUS_CARD: lazy("校园卡"),
    IdType.ID_CARD: lazy("身份证"),
    IdType.PASSPORT: lazy("护照"),
    IdType.OTHER: lazy("其他证件"),
}

# How long ago something may have happened and still be worth reporting, in days.
OLDEST_DAYS = 730


# Ten digits and more, however grouped: student, phone, card and document numbers (PIPL 28). A book's ISBN may stay.
_LONG_NUMBER = re.compile(r"(?<!\d)(?!97[89])\d(?:[ \-]?\d){9,}[\dXx]?")


def _empty_to_none(value: Any) -> Any:
    return None if value == "" else value


Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=80)]
Prose = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)]
Key = Annotated[str, StringConstraints(max_length=64)]


class Command(BaseModel):
    """Parent of the commands: frozen, without surprises."""

    model_config = ConfigDict(frozen=True)


class PostReport(Command):
    """What a lost and a found report have in common: two required fields besides the category."""

    title: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
    category: Category
    place: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
    occurred_on: Annotated[date, Field(default_factory=today)]
    day_part: Annotated[DayPart | None, BeforeValidator(_empty_to_none)] = None
    description: Prose = ""
    private_marks: Prose = ""
    contact: Annotated[str, StringConstraints(strip_whitespace=True, max_length=120)] = ""
    photos: list[Key] = Field(default_factory=list, max_length=6)
    request_key: Key = ""

    @field_validator("title", "description", "place")
    @classmethod
    def _public_text(cls, value: str) -> str:
        value = "".join(char for char in value if char in "\n\t" or char.isprintable())
        if _LONG_NUMBER.search(value):
            raise ValueError(lazy("这里会公开，别写卡号、证件号和电话；后 4 位可以填到“只给核对人员看”。"))
        return value

    @field_validator("occurred_on")
    @classmethod
    def _a_day_that_was(cls, value: date) -> date:
        if value > today():
            raise ValueError(lazy("%(day)s 还没有到，日期最晚是今天。", day=value.isoformat()))
        if value < today() - timedelta(days=OLDEST_DAYS):
            raise ValueError(lazy("%(day)s 太早了，最多登记两年内的。", day=value.isoformat()))
        return value


class ChangeReport(PostReport):
    """What a report says from now on, every field of it; ``photos``: those that stay, and new ones."""


class PostLost(PostReport):
    """I lost something."""


class PostFound(PostReport):
    """I found something: handed in to a desk, or kept for the moment."""

    hand_in: Annotated[str, StringConstraints(max_length=20)] = ""


class BagContent(Command):
    """One line of what a bag or a wallet holds."""

    kind: Content
    note: Line = ""
    count: int = Field(default=1, ge=1, le=99)


class ThanksName(StrEnum):
    """How a finder wants to be read on the list of thanks."""

    SURNAME = "surname"
    FULL = "full"


class Agree(Command):
    """Yes to the list of thanks; the name is left out where an account has one."""

    how: ThanksName = ThanksName.SURNAME
    finder_name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)] = ""


class TakeIn(PostReport):
    """A desk takes a thing in."""

    desk: Annotated[str, StringConstraints(min_length=1, max_length=20)]
    shelf: Annotated[str, StringConstraints(strip_whitespace=True, max_length=20)] = ""
    over_500: bool = False
    contents: list[BagContent] = Field(default_factory=list, max_length=30)
    finder_name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)] = ""
    # Nobody is thanked in public without having said yes.
    thanks: Annotated[ThanksName | None, BeforeValidator(_empty_to_none)] = None
    question: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""

    @field_validator("contents", mode="before")
    @classmethod
    def _from_form(cls, value: Any) -> Any:
        # A form sends "kind" or "kind:note"; the API sends objects.
        if isinstance(value, list):
            return [_content_from_text(item) if isinstance(item, str) else item for item in value if item]
        return value


def _content_from_text(item: str) -> dict[str, str]:
    kind, _, note = item.partition(":")
    return {"kind": kind, "note": note}


class HandIn(Command):
    """A reported item reaches a desk."""

    desk: Annotated[str, StringConstraints(min_length=1, max_length=20)]
    shelf: Annotated[str, StringConstraints(strip_whitespace=True, max_length=20)] = ""
    private_marks: Prose = ""
    question: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""


class Move(Command):
    """A held item goes to another desk, or another shelf of the same desk."""

    desk: Annotated[str, StringConstraints(min_length=1, max_length=20)]
    shelf: Annotated[str, StringConstraints(strip_whitespace=True, max_length=20)] = ""
    carried_by: Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)] = ""
    note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""


class MakeClaim(Command):
    """It is mine."""

    answer: Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=1000)]
    when_where: Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=200)]
    photos: list[Key] = Field(default_factory=list, max_length=3)
    request_key: Key = ""


class Decide(Command):
    """A security officer's decision on a claim."""

    approve: bool
    reason: Annotated[str, StringConstraints(strip_whitespace=True, max_length=300)] = ""

    @model_validator(mode="after")
    def _a_refusal_has_a_reason(self) -> Self:
        if not self.approve and not self.reason:
            raise ValueError(lazy("不通过要写理由，对方会看到。"))
        return self


class Appeal(Command):
    """The one appeal against a refusal."""

    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=1000)]


class ChooseSlot(Command):
    """When the claimant will come (Beijing time)."""

    slot_at: datetime

    @field_validator("slot_at")
    @classmethod
    def _in_beijing(cls, value: datetime) -> datetime:
        return value if value.tzinfo else value.replace(tzinfo=BEIJING)


class EnterCode(Command):
    """The six digits at the desk."""

    code: Annotated[str, BeforeValidator(lambda value: "".join(filter(str.isdigit, str(value))))]

    @field_validator("code")
    @classmethod
    def _six_digits(cls, value: str) -> str:
        if len(value) != 6:
            raise ValueError(lazy("取件码是 6 位数字，现在有 %(n)s 位。", n=len(value)))
        return value


class CheckIdentity(Command):
    """The kind of document that was looked at, and its last four characters."""

    id_type: IdType
    id_last4: Annotated[
        str, StringConstraints(strip_whitespace=True, to_upper=True, pattern=r"^[0-9A-Za-z]{4}$")
    ]


class ConfirmAtCounter(Command):
    """The recipient has no phone at hand (it may be what was lost): he types his name on the desk's screen."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]


class Abort(Command):
    """The person or the document does not match."""

    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=200)]


# Labels of one sheet of A4, and the most that are printed at once.
PER_SHEET = 24
MOST_LABELS = 4 * PER_SHEET


class PrintLabels(Command):
    """Labels for these things: ``no`` ticked, ``more`` typed or scanned, on A4 from a free place on, or on a roll."""

    no: list[Annotated[str, StringConstraints(max_length=16)]] = Field(default_factory=list)
    more: Annotated[str, StringConstraints(max_length=4000), Field(validate_default=True)] = ""
    form: Literal["a4", "roll"] = "a4"
    start: int = 1

    @property
    def numbers(self) -> list[str]:
        """Each number once."""
        return _numbers(self.no, self.more)

    @field_validator("more")
    @classmethod
    def _some_but_not_too_many(cls, value: str, info: ValidationInfo) -> str:
        count = len(_numbers(info.data.get("no", []), value))
        if not count:
            raise ValueError(lazy("勾选要印的东西，或者在这里写上编号。"))
        if count > MOST_LABELS:
            raise ValueError(lazy("一次最多印 %(most)s 张，现在有 %(n)s 张。", most=MOST_LABELS, n=count))
        return value

    @field_validator("start")
    @classmethod
    def _on_the_sheet(cls, value: int) -> int:
        if not 1 <= value <= PER_SHEET:
            raise ValueError(lazy("一张纸有 %(most)s 格，没有第 %(n)s 格。", most=PER_SHEET, n=value))
        return value


def _numbers(ticked: list[str], typed: str) -> list[str]:
    # What a scanner types is the address in the code.
    words = [word.rpartition("/")[2].upper() for word in re.split(r"[\s,，、;；]+", typed)]
    return list(dict.fromkeys(word for word in (*ticked, *words) if word))


# --- letters between finder and owner ----------------------------------------------------------------------------

# Numbers one can be called or found by, addresses of mails and pages.
_LEADS_AWAY = re.compile(r"\d(?:[ \-]?\d){5,}|https?:|www\.|\w\.(?:com|cn|net|org)\b|\w@\w", re.IGNORECASE)


class WriteLetter(Command):
    """Some words to the other side; ``sure``: warned of what gives him away, he sends it all the same."""

    sure: bool = False
    body: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
    request_key: Key = ""

    @field_validator("body")
    @classmethod
    def _warned(cls, value: str, info: ValidationInfo) -> str:
        if _LEADS_AWAY.search(value) and not info.data.get("sure"):
            raise ValueError(
                lazy("里面像有电话、证件号或网址。对方本来看不到你是谁，写了就看到了；确实要发，再点一次。")
            )
        return value
