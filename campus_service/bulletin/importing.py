"""Bringing in issues that were published elsewhere, from JSON lines: an article a line, an issue whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    AliasChoices,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
)

from campus_service.bulletin.commands import Body, Byline, Lede, Line, Title
from campus_service.bulletin.service import archiving
from campus_service.bulletin.service.archiving import Archived
from campus_service.bulletin.states import Section
from campus_service.bulletin.texts import ArticleText, EventText
from campus_service.core import audit
from campus_service.core.actor import Actor
from campus_service.core.clock import BEIJING, now
from campus_service.core.db import transaction
from campus_service.core.errors import Invalid
from campus_service.core.http import field_messages
from campus_service.core.i18n import _, lazy
from campus_service.core.importing import Progress, Refusals, json_lines

# What other lists of sections call ours.
_SECTIONS = {"career": "careers", "survey": "survey_reports"}


class ArchivedEvent(BaseModel):
    """What an article announced."""

    model_config = ConfigDict(frozen=True)

    starts_at: AwareDatetime
    ends_at: AwareDatetime
    place: Line
    organiser: Line = ""


class ArchivedArticle(BaseModel):
    """One line of the file: an article with the number of its issue."""

    model_config = ConfigDict(frozen=True)

    issue: Annotated[int, Field(ge=1, le=100_000)]
    issue_title: Annotated[str, Field(max_length=60)] = ""
    published_on: date | None = None
    section: Section
    title: Title
    author: Byline = ""
    lede: Lede = ""
    body: Annotated[Body, Field(min_length=1, validation_alias=AliasChoices("body_markdown", "body"))]
    event: ArchivedEvent | None = None

    @field_validator("section", mode="before")
    @classmethod
    def _known_names(cls, value: Any) -> Any:
        return _SECTIONS.get(value, value) if isinstance(value, str) else value

    @field_validator("event", mode="after")
    @classmethod
    def _in_order(cls, value: ArchivedEvent | None) -> ArchivedEvent | None:
        if value and value.ends_at < value.starts_at:
            raise ValueError(lazy("活动的结束时间要在开始之后。"))
        return value

    @property
    def text(self) -> ArticleText:
        """The article as one value."""
        event = EventText(**self.event.model_dump()) if self.event else None
        return ArticleText(self.section.value, self.title, self.lede, self.author, self.body, event)


@dataclass(slots=True)
class Report(Refusals):
    """What an import did, or would do."""

    issues: int = 0
    articles: int = 0


Shift = Callable[[dict[str, Any]], dict[str, Any]]
Picture = Callable[[ArchivedArticle, int], tuple[bytes, str]]


def import_file(
    path: Path,
    *,
    dry_run: bool = False,
    progress: Progress = lambda _bytes: None,
    shift: Shift = lambda line: line,
    picture: Picture = lambda _article, _position: (b"", ""),
) -> Report:
    """Import ``path`` (.jsonl); commits issue by issue unless ``dry_run``.

    An issue with a refused line is not taken, nor are those behind it: numbers have no gaps. ``shift`` changes a line
    before it is read, ``picture`` gives an article's cover and what it shows. Raises Invalid for another kind of file.
    """
    report, broken = Report(), set()
    issues: dict[int, list[tuple[int, ArchivedArticle]]] = {}
    for number, values in json_lines(path, progress):
        try:
            article = _check(shift(values) if isinstance(values, dict) else values)
        except Invalid as error:
            report.refuse(number, str(error))
            broken.add(values.get("issue") if isinstance(values, dict) else None)
            continue
        issues.setdefault(article.issue, []).append((number, article))
    wanted = archiving.next_number()
    for number in sorted(issues):
        lines = issues[number]
        if number in broken or number != (wanted or number):
            why = _("第 %(n)s 期有行没有收下，整期不收。", n=number)
            gap = _("期号要接着来：下一期是 %(n)s。", n=wanted)
            for line, _article in lines:
                report.refuse(line, why if number in broken else gap)
            continue
        wanted = number + 1
        report.issues, report.articles = report.issues + 1, report.articles + len(lines)
        if not dry_run:
            _store(number, [article for _line, article in lines], picture)
    return report


def _check(values: Any) -> ArchivedArticle:
    if not isinstance(values, dict):
        raise Invalid({"line": _("这一行不是一个 JSON 对象。")})
    try:
        return ArchivedArticle.model_validate(values)
    except ValidationError as error:
        raise Invalid(field_messages(error)) from None


def _store(number: int, articles: list[ArchivedArticle], picture: Picture) -> None:
    first = articles[0]
    published = datetime.combine(first.published_on, time(8), BEIJING) if first.published_on else now()
    archived = [Archived(each.text, *picture(each, at)) for at, each in enumerate(articles)]
    with transaction():
        title = first.issue_title or first.title
        issue = archiving.archive_issue(number, title, archived, published)
        after = {"number": number, "articles": len(archived)}
        audit.record(Actor.system(), "issue.imported", obj_type="issues", obj_id=issue.id, after=after)
