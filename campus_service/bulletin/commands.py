"""What a form, an API call or the command line may ask of the newsroom and of the bulletin's readers' pages."""

from __future__ import annotations

from datetime import date, datetime
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

from campus_service.accounts.commands import Email
from campus_service.bulletin.states import Section
from campus_service.bulletin.texts import ArticleText, EventText, writable
from campus_service.core.clock import BEIJING
from campus_service.core.i18n import lazy


def _writable(value: Any) -> Any:
    return writable(value) if isinstance(value, str) else value


def _one_line(value: Any) -> Any:
    return writable(value).replace("\n", " ") if isinstance(value, str) else value


Key = Annotated[str, StringConstraints(max_length=64)]
# They stand behind the limits and so run before them: limits count what is left.
_WORDS, _ONE_LINE = BeforeValidator(_writable), BeforeValidator(_one_line)
Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60), _ONE_LINE]
Byline = Annotated[str, StringConstraints(strip_whitespace=True, max_length=40), _ONE_LINE]
Lede = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200), _WORDS]
Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=80), _ONE_LINE]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=1000), _WORDS]
Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=300), _WORDS]
#: Longer than any article of a student paper; a book does not belong here.
MAX_BODY = 60_000
Body = Annotated[str, StringConstraints(max_length=MAX_BODY), _WORDS]


# Of what the newsroom writes about; the calendar of Python ends at both ends of time.
YEARS = range(1900, 2200)


def _empty_to_none(value: Any) -> Any:
    return None if value == "" else value


def _beijing(value: Any) -> Any:
    """What a form's date-time field sends has no zone: it is Beijing time. A year may be half typed."""
    if isinstance(value, datetime) and value.year not in YEARS:
        raise ValueError(lazy("日期要写成 2026-10-31T18:30 这样。"))
    if isinstance(value, datetime) and value.tzinfo is None:
        return value.replace(tzinfo=BEIJING)
    return value


OptionalMoment = Annotated[datetime | None, BeforeValidator(_empty_to_none)]
OptionalDay = Annotated[date | None, BeforeValidator(_empty_to_none)]
OptionalPerson = Annotated[int | None, BeforeValidator(_empty_to_none)]


class Command(BaseModel):
    """Parent of the commands: frozen, without surprises."""

    model_config = ConfigDict(frozen=True)


# --- writing --------------------------------------------------------------------------------------------------


class StartArticle(Command):
    """A new article: at least a working title and its section."""

    section: Section
    title: Title
    request_key: Key = ""


class SaveArticle(Command):
    """The whole text as it stands in somebody's editor, and the revision it grew from.

    A draft may be unfinished: only the title must be there. The event is one of three or none.
    """

    base: Annotated[int, Field(ge=0)]
    section: Section
    title: Title
    lede: Lede = ""
    byline: Byline = ""
    body: Body = ""
    starts_at: OptionalMoment = None
    ends_at: OptionalMoment = None
    place: Line = ""
    organiser: Line = ""
    # Whether a person pressed "save", rather than the clock.
    by_hand: bool = False
    # Which window holds the pen: the lease is given to one.
    window: Key = ""

    _zone = field_validator("starts_at", "ends_at", mode="after")(_beijing)

    @model_validator(mode="after")
    def _event_whole(self) -> Self:
        if self.starts_at is None and (self.ends_at or self.place):
            raise ValueError(lazy("活动要写开始时间；没有活动，就把结束时间和地点也清空。"))
        if self.starts_at and self.ends_at and self.ends_at <= self.starts_at:
            raise ValueError(lazy("活动的结束时间要在开始之后。"))
        return self

    @property
    def text(self) -> ArticleText:
        """The text as one value."""
        event = None
        if self.starts_at:
            event = EventText(self.starts_at, self.ends_at or self.starts_at, self.place, self.organiser)
        return ArticleText(self.section.value, self.title, self.lede, self.byline, self.body, event)


class SetCover(Command):
    """Which picture of the article stands above it and on cards; "" takes it away."""

    image: OptionalPerson = None


class AddImage(Command):
    """A stored photo becomes a picture of the article; without words for those who cannot see it, it is refused."""

    photo: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    alt: Annotated[str, StringConstraints(strip_whitespace=True, max_length=120), _ONE_LINE] = ""


class DescribeImage(Command):
    """A picture's words, and the point that every crop keeps: both from 0 (left, top) to 100."""

    alt: Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=120), _ONE_LINE]
    focal_x: Annotated[int, Field(ge=0, le=100)] = 50
    focal_y: Annotated[int, Field(ge=0, le=100)] = 50


class Comment(Command):
    """A word about one paragraph: its number from 0, and how it begins."""

    paragraph: Annotated[int, Field(ge=0, le=5000)]
    quote: Annotated[str, StringConstraints(strip_whitespace=True, max_length=120)] = ""
    body: Reason
    request_key: Key = ""


class Approve(Command):
    """The reviewer's yes to just the text he read."""

    hash: Annotated[str, StringConstraints(min_length=64, max_length=64)]


class RequestChanges(Command):
    """The reviewer's "not yet", with what has to change."""

    reason: Reason


# --- issues ----------------------------------------------------------------------------------------------------


class PlanIssue(Command):
    """An issue to come."""

    title: Title
    due_on: OptionalDay = None
    lede: Note = ""
    request_key: Key = ""


class PlanSlot(Command):
    """A place in an issue: about what, in which section, by whom, until when."""

    section: Section
    topic: Title
    writer: OptionalPerson = None
    due_on: OptionalDay = None
    request_key: Key = ""


class FillSlot(Command):
    """Which article stands in the place; none empties it."""

    article: OptionalPerson = None


class Order(Command):
    """The issue's places in their new order, all of them."""

    slots: list[int] = Field(min_length=1, max_length=60)


class Sign(Command):
    """The chief editor's signature under just the contents that were shown."""

    hash: Annotated[str, StringConstraints(min_length=64, max_length=64)]


class Schedule(Command):
    """When it is to be published: Beijing time unless a zone is given; nothing means now."""

    at: OptionalMoment = None

    _zone = field_validator("at", mode="after")(_beijing)


class Correct(Command):
    """An error that readers have: the wrong words just as they stand in the text, the right ones, and a note."""

    wrong: Annotated[str, StringConstraints(min_length=1, max_length=500), _WORDS]
    right: Annotated[str, StringConstraints(max_length=500), _WORDS]
    note: Note = ""
    request_key: Key = ""

    @model_validator(mode="after")
    def _differs(self) -> Self:
        if self.wrong == self.right:
            raise ValueError(lazy("更正前后是一样的。"))
        return self


class MoveEvent(Command):
    """A published event at another time or place."""

    starts_at: datetime
    ends_at: datetime
    place: Line

    _zone = field_validator("starts_at", "ends_at", mode="after")(_beijing)

    @model_validator(mode="after")
    def _ends_later(self) -> Self:
        if self.ends_at < self.starts_at:
            raise ValueError(lazy("活动的结束时间要在开始之后。"))
        return self


# --- readers ----------------------------------------------------------------------------------------------------


class Subscribe(Command):
    """A reader wants the bulletin by mail: every issue whole, or what appears in some sections."""

    email: Email
    whole: bool = False
    sections: list[Section] = Field(default_factory=list, max_length=len(Section))

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.whole and not self.sections:
            raise ValueError(lazy("选整期，或者选几个栏目。"))
        return self


class ReadTold(Command):
    """A page tells that its article was read."""

    publication: Annotated[int, Field(ge=1, lt=2**31)]


class ScanTold(Command):
    """A page tells that its reader came to an issue from a board's poster."""

    issue: Annotated[int, Field(ge=1, lt=2**31)]
    board: Annotated[str, StringConstraints(max_length=16)]


class DescribeBoard(Command):
    """What a notice board where posters hang is called, and where it is."""

    name: Title
    place: Line = ""


class PutUpBoard(DescribeBoard):
    """A new notice board; its code stands in the addresses of its posters for good."""

    code: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,15}$")]
