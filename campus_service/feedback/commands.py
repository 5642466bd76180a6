"""What a form, an API call or the command line may ask of the feedback inbox."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)

from campus_service.core.i18n import lazy
from campus_service.feedback.states import Channel, Kind, Outcome

Key = Annotated[str, StringConstraints(max_length=64)]
Code = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=32)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=80)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=300)]
Prose = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=4000)]

# The longest title that is made of the text itself.
TITLE_LENGTH = 30


def _empty_to_none(value: Any) -> Any:
    return None if value == "" else value


class Command(BaseModel):
    """Parent of the commands: frozen, without surprises."""

    model_config = ConfigDict(frozen=True)


class SendCase(Command):
    """Something happened, somebody wants to know: one text, all else may be left out."""

    body: Prose
    title: Annotated[str, StringConstraints(strip_whitespace=True, max_length=60)] = ""
    kind: Annotated[Kind | None, BeforeValidator(_empty_to_none)] = None
    place: Line = ""
    anonymous: bool = False
    # Whether others may see question and answer, without names.
    consent: bool = False
    # Only a report (举报) accuses somebody.
    accused_department: Annotated[str | None, BeforeValidator(_empty_to_none)] = None
    # Where it goes unless it is urgent or a report: from the page of a guide, or as staff were told.
    department: Annotated[str | None, BeforeValidator(_empty_to_none)] = None
    lat: Annotated[float | None, Field(ge=-90, le=90)] = None
    long: Annotated[float | None, Field(ge=-180, le=180)] = None
    photos: list[Key] = Field(default_factory=list, max_length=6)
    request_key: Key = ""

    # Before the length is looked at: a text of invisible signs alone is no text.
    @field_validator("body", "title", "place", mode="before")
    @classmethod
    def _readable(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        return "".join(char for char in value if char in "\n\t" or char.isprintable())

    @property
    def public(self) -> bool:
        """Whether it may be shown to others: never a report, never an anonymous message."""
        return self.consent and self.kind is not Kind.REPORT and not self.anonymous


class ForCaller(SendCase):
    """Sent for somebody who is named; the name is never shown to others."""

    caller_name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)] = ""
    caller_contact: Annotated[str, StringConstraints(strip_whitespace=True, max_length=120)] = ""


class RequestService(ForCaller):
    """An Open311 program asks for one of the services: the text with what else was asked, public by consent."""

    body: Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=12_000)]
    service_code: Code
    consent: bool = True


class RecordCase(ForCaller):
    """Staff write down what somebody said at the counter or on the phone."""

    channel: Channel = Channel.COUNTER

    @model_validator(mode="after")
    def _somebody_to_answer(self) -> Self:
        """A complaint or a report by phone needs a name and a number (domain.md §2)."""
        if self.channel not in (Channel.COUNTER, Channel.PHONE):
            raise ValueError(lazy("请选窗口或电话。"))
        serious = self.kind in (Kind.COMPLAINT, Kind.REPORT)
        if serious and not self.anonymous and not (self.caller_name and self.caller_contact):
            raise ValueError(lazy("投诉和举报要写姓名和电话；对方不愿留，就选“不留名字”。"))
        return self


class AddMessage(Command):
    """The sender adds a word, or answers what was asked."""

    body: Prose
    photos: list[Key] = Field(default_factory=list, max_length=6)
    request_key: Key = ""


class GiveVerdict(Command):
    """The sender's own word: solved or not, and how he liked it."""

    solved: bool
    rating: Annotated[int | None, BeforeValidator(_empty_to_none), Field(ge=1, le=5)] = None
    text: Annotated[str, StringConstraints(strip_whitespace=True, max_length=300)] = ""


class Reopen(Command):
    """Unhappy with the answer: once, to another person than who answered."""

    reason: Reason


class Withdraw(Command):
    """The matter is settled, or was a mistake."""

    reason: Annotated[str, StringConstraints(strip_whitespace=True, max_length=300)] = ""


class Explain(Command):
    """A step that needs a reason the sender sees."""

    reason: Reason


class ReturnCase(Command):
    """Not ours: why, and whose it may be."""

    reason: Reason
    suggested: Annotated[str | None, BeforeValidator(_empty_to_none)] = None


class OfferCase(Command):
    """Hand the case to another department, which has to accept it."""

    to: Code
    reason: Reason


class DecideHandover(Command):
    """Take over what was offered, or refuse with a reason."""

    accept: bool
    reason: Annotated[str, StringConstraints(strip_whitespace=True, max_length=300)] = ""

    @model_validator(mode="after")
    def _a_refusal_has_a_reason(self) -> Self:
        if not self.accept and len(self.reason) < 2:
            raise ValueError(lazy("不接要写理由，同学看得到。"))
        return self


class Assign(Command):
    """Give the case to one officer of the department."""

    user_id: int = Field(ge=1, lt=2**31)


class AssignMany(Assign):
    """Give several cases to one officer."""

    numbers: list[Code] = Field(min_length=1, max_length=200)


class Say(Command):
    """A progress note, a one-time request for everything missing, an internal note."""

    body: Prose
    photos: list[Key] = Field(default_factory=list, max_length=6)
    request_key: Key = ""


class Extend(Command):
    """More working days, once, with a reason the sender sees."""

    days: int = Field(ge=1, le=15)
    reason: Reason


class WriteAnswer(Command):
    """The answer; ``version`` is the case as its author saw it."""

    body: Prose
    outcome: Outcome
    outcome_detail: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""
    photos: list[Key] = Field(default_factory=list, max_length=6)
    version: int = 0
    request_key: Key = ""

    @model_validator(mode="after")
    def _whose_or_which_rule(self) -> Self:
        if self.outcome is Outcome.NOT_OURS and not self.outcome_detail:
            raise ValueError(lazy("写明归谁管、同学该去找谁。"))
        if self.outcome is Outcome.DECLINED and not self.outcome_detail:
            raise ValueError(lazy("写明依据哪一条规定不予办理。"))
        return self


class DecideAnswer(Command):
    """The head lets an answer go, or sends it back."""

    approve: bool
    reason: Annotated[str, StringConstraints(strip_whitespace=True, max_length=300)] = ""

    @model_validator(mode="after")
    def _a_refusal_has_a_reason(self) -> Self:
        if not self.approve and len(self.reason) < 2:
            raise ValueError(lazy("退回修改要写清改哪里。"))
        return self


class ChangeCase(Command):
    """Correct what the sender or the site got wrong; what is None stays."""

    kind: Annotated[Kind | None, BeforeValidator(_empty_to_none)] = None
    urgent: Annotated[bool | None, BeforeValidator(_empty_to_none)] = None
    title: Annotated[str | None, StringConstraints(strip_whitespace=True, min_length=2, max_length=60)] = None


class RouteCase(Command):
    """The coordinator's choice of department."""

    department: Code
    note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=300)] = ""


class Adjudicate(Command):
    """A binding decision: the department may not return it."""

    department: Code
    reason: Reason


class MergeCase(Command):
    """This case says the same as another one: its sender is told with that one's."""

    into: Code


class LinkCase(Command):
    """Another case that belongs to this one."""

    other: Code


class Part(Command):
    """What one department answers of a case."""

    department: Code
    body: Prose


class SplitCase(Command):
    """Several departments answer; the first-asked one puts the answers together."""

    parts: list[Part] = Field(min_length=1, max_length=6)


class SaveRule(Command):
    """One routing rule; words are separated by commas or blanks."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
    words: list[Line] = Field(default_factory=list, max_length=60)
    with_words: list[Line] = Field(default_factory=list, max_length=60)
    without_words: list[Line] = Field(default_factory=list, max_length=60)
    areas: list[Line] = Field(default_factory=list, max_length=30)
    kinds: list[Kind] = Field(default_factory=list, max_length=6)
    department: Code
    firm: bool = True
    active: bool = True
    version: int = 0

    @field_validator("words", "with_words", "without_words", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        text = value if isinstance(value, str) else ",".join(map(str, value or ()))
        for mark in ("，", "、", ";", "；", "\n"):
            text = text.replace(mark, ",")
        return [word.strip() for word in text.split(",") if word.strip()]

    @model_validator(mode="after")
    def _asks_for_something(self) -> Self:
        if not (self.words or self.with_words or self.areas or self.kinds):
            raise ValueError(lazy("规则里至少要有词、地点或类别中的一样，不然会管住所有反馈。"))
        return self


class MoveRule(Command):
    """Put a rule at another place of the order (0 is the first)."""

    position: int = Field(ge=0, le=1000)


class SaveTemplate(Command):
    """An answer template of a department; {name}, {no}, {place}, {department}, {due} are filled in."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
    body: Prose


class SaveOptions(Command):
    """How a department works."""

    needs_approval: bool = False
    contact: Line = ""


class PublishAnswer(Command):
    """Question and answer for everybody, as the editor confirmed them."""

    title: Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=60)]
    question: Prose
    answer: Prose
    faq: bool = False
    version: int = 0


class DecidePublicity(Command):
    """Whether a flagged text may be public as it is."""

    public: bool


class NameRecipient(Command):
    """A person who receives reports (举报), by student or staff number or by mail address."""

    account: Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=120)]


class AppealScore(Command):
    """A case should not count against the department: why."""

    no: Code
    reason: Reason


class DecideAppeal(Command):
    """Whether the case is taken out of the score."""

    uphold: bool
    reason: Reason


class Filter(StrEnum):
    """The inbox's quick filters."""

    ALL = "all"
    TO_ACCEPT = "to_accept"
    TODAY = "today"
    LATE = "late"
    WAITING = "waiting"
    APPROVAL = "approval"
    MINE = "mine"

    @property
    def label(self) -> Any:
        """On the chip."""
        return _FILTER_LABELS[self]


_FILTER_LABELS = {
    Filter.ALL: lazy("全部"),
    Filter.TO_ACCEPT: lazy("待接手"),
    Filter.TODAY: lazy("今天到期"),
    Filter.LATE: lazy("超时"),
    Filter.WAITING: lazy("等同学"),
    Filter.APPROVAL: lazy("待审"),
    Filter.MINE: lazy("我经手的"),
}
