"""What the newsroom's pages say of articles and issues: a row of the desk, a line of the plan, the step that comes next."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from campus_service.bulletin import desk_queries, policy, projection, queries
from campus_service.bulletin.desk_queries import DeskRow, Filling
from campus_service.bulletin.models import Article, Issue, Slot
from campus_service.bulletin.service.planning import READY
from campus_service.bulletin.states import PUBLISHED, ArticleState, IssueState, Section
from campus_service.core.actor import Actor
from campus_service.core.clock import today
from campus_service.core.i18n import _, ngettext
from campus_service.core.page import fmt_day

# Colour and sign of a state's badge; the words say the same.
ARTICLE_LOOKS = {
    ArticleState.DRAFT: ("", "edit"),
    ArticleState.SUBMITTED: ("wait", "eye"),
    ArticleState.CHANGES_REQUESTED: ("late", "undo"),
    ArticleState.APPROVED: ("lake", "check"),
    ArticleState.ONLINE: ("moss", "globe"),
    ArticleState.BOUND: ("moss", "book"),
    ArticleState.DROPPED: ("", "x"),
}
ISSUE_LOOKS = {
    IssueState.PLANNING: ("", "edit"),
    IssueState.IN_REVIEW: ("wait", "eye"),
    IssueState.APPROVED: ("lake", "check"),
    IssueState.SCHEDULED: ("wait", "clock"),
    IssueState.PUBLISHED: ("moss", "book"),
}
# The day before is when a reminder still helps.
SOON = 1


@dataclass(frozen=True, slots=True)
class Due:
    """A day by which something is wanted: its words, and "wait" or "late" when it presses."""

    text: str
    tone: str = ""


def due(day: date | None, done: bool = False) -> Due | None:
    """A due day in words; what is done presses no more."""
    if day is None:
        return None
    left = (day - today()).days
    if done:
        return Due(fmt_day(day))
    if left < 0:
        late = ngettext("晚了 %(num)s 天", "晚了 %(num)s 天", -left)
        return Due(f"{fmt_day(day, weekday=False)} · {late}", "late")
    words = {0: _("今天"), 1: _("明天")}.get(left)
    tone = "wait" if left <= SOON else ""
    return Due(f"{fmt_day(day, weekday=False)} · {words}" if words else fmt_day(day), tone)


def article_url(id: int) -> str:
    """The editor's page."""
    return f"/newsroom/articles/{id}"


def reader_url(row: DeskRow) -> str:
    """Where readers have it; "" while they do not."""
    if not row.slug:
        return ""
    number = row.issue.number if row.issue else None
    return f"/compass/{number}/{row.slug}" if number else f"/compass/online/{row.slug}"


@dataclass(frozen=True, slots=True)
class Line:
    """An article as the desk's table shows it."""

    row: DeskRow
    url: str
    reader_url: str
    tone: str
    glyph: str
    letters: int
    due: Due | None
    # An editor who wrote none of it: it is his turn.
    to_review: bool
    # Ahead of its issue.
    can_put_online: bool
    can_drop: bool
    can_reopen: bool


def lines(actor: Actor, rows: Sequence[DeskRow]) -> list[Line]:
    """The rows of the desk for ``actor``."""
    own = desk_queries.own_texts(actor, [row.article.id for row in rows])
    return [line(actor, row, own) for row in rows]


def line(actor: Actor, row: DeskRow, own: set[int]) -> Line:
    """One row; ``own``: articles that ``actor`` wrote any of."""
    article = row.article
    tone, glyph = ARTICLE_LOOKS[article.state]
    return Line(
        row,
        article_url(article.id),
        reader_url(row),
        tone,
        glyph,
        article.text.letters,
        due(row.due_on, done=article.state in (*READY, *PUBLISHED)),
        policy.can_review(actor, article, {actor.id} if article.id in own and actor.id else set()),
        policy.can_put_online(actor, article),
        policy.can_drop(actor, article) and row.issue is None,
        policy.can_reopen(actor, article) and (row.issue is None or row.issue.state is IssueState.PLANNING),
    )


@dataclass(frozen=True, slots=True)
class Asked:
    """A place that waits for the actor to begin."""

    slot: Slot
    issue: Issue
    due: Due | None


def asked(actor: Actor) -> list[Asked]:
    """What plans ask ``actor`` to write."""
    return [Asked(slot, issue, due(slot.due_on)) for slot, issue in desk_queries.asked_of(actor)]


# --- issues -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class IssueLine:
    """An issue in the list of those in work."""

    issue: Issue
    tone: str
    glyph: str
    due: Due | None
    filling: Filling


def in_work() -> list[IssueLine]:
    """Issues that are not out yet."""
    issues = queries.issues_in_work()
    filled = desk_queries.fillings([issue.id for issue in issues])
    return [
        IssueLine(issue, *ISSUE_LOOKS[issue.state], due(issue.due_on), filled.get(issue.id, Filling()))
        for issue in issues
    ]


@dataclass(frozen=True, slots=True)
class Place:
    """One place of the plan."""

    slot: Slot
    article: Article | None
    writer: str
    tone: str
    glyph: str
    state: str
    letters: int
    due: Due | None
    # What keeps the issue from the chief editor.
    missing: bool
    # The actor may open the article; begin it.
    readable: bool
    can_begin: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """An issue with its places, and what ``actor`` may do with it now."""

    issue: Issue
    places: list[Place]
    filling: Filling
    letters: int
    due: Due | None
    sections: list[tuple[Section, int]]
    can_plan: bool
    can_sign: bool
    can_publish: bool
    can_stop: bool
    can_take_back: bool
    signer: str

    @property
    def look(self) -> tuple[str, str]:
        """Colour and sign of the state's badge."""
        return ISSUE_LOOKS[self.issue.state]

    @property
    def ready(self) -> bool:
        """Whether the chief editor can have it."""
        return bool(self.places) and not any(place.missing for place in self.places)


def plan(actor: Actor, issue: Issue) -> Plan:
    """The plan of an issue as ``actor`` sees it."""
    rows = desk_queries.plan(issue.id)
    may_plan = policy.can_plan(actor, issue)
    places = [_place(actor, slot, article, writer, may_plan) for slot, article, writer in rows]
    filling = Filling(
        len(places),
        sum(place.article is not None for place in places),
        sum(not place.missing for place in places),
    )
    counted = [(section, sum(place.slot.section is section for place in places)) for section in Section]
    names = queries.names({issue.signed_by} if issue.signed_by else set())
    return Plan(
        issue,
        places,
        filling,
        sum(place.letters for place in places),
        due(issue.due_on, done=issue.state is not IssueState.PLANNING),
        counted,
        may_plan,
        policy.can_sign(actor, issue),
        policy.can_publish(actor, issue),
        policy.can_unschedule(actor, issue),
        policy.can_take_back_issue(actor, issue),
        names.get(issue.signed_by or 0, ""),
    )


def _place(actor: Actor, slot: Slot, article: Article | None, writer: str, may_plan: bool) -> Place:
    tone, glyph = ARTICLE_LOOKS[article.state] if article else ("late" if _overdue(slot) else "", "ring")
    done = article is not None and article.state in (*READY, *PUBLISHED)
    return Place(
        slot,
        article,
        writer,
        tone,
        glyph,
        str(article.state.label) if article else _("还没有文章"),
        article.text.letters if article else 0,
        due(slot.due_on, done=done),
        not done,
        article is not None and policy.can_read(actor, article, slot.writer_id == actor.id),
        article is None and (may_plan or slot.writer_id == actor.id),
    )


def _overdue(slot: Slot) -> bool:
    return slot.due_on is not None and slot.due_on < today()


# --- the signature ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shown:
    """An article as the chief editor reads it before signing."""

    slot: Slot
    article: Article
    html: str
    reviewer: str
    letters: int


def shown(issue: Issue) -> list[Shown]:
    """The contents in order, each whole, as readers will have it."""
    rows = queries.contents(issue.id)
    names = queries.names({article.reviewed_by for _slot, article in rows if article.reviewed_by})
    return [
        Shown(slot, article, _html(article), names.get(article.reviewed_by or 0, ""), article.text.letters)
        for slot, article in rows
    ]


def _html(article: Article) -> str:
    """The text for a page that shows several: each has its anchors to itself."""
    html = projection.rendered(article.text, queries.images(article.id)).html
    mark = f"a{article.id}-"
    return re.sub(
        r"<[^<>]+>",
        lambda tag: tag[0].replace(' id="', f' id="{mark}').replace(' href="#', f' href="#{mark}'),
        html,
    )
