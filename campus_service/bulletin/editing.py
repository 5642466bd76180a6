"""What the editor's page shows: the text as form fields, hints, who writes, two versions to choose from, revisions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from flask import current_app
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from campus_service.bulletin import checks, merging, queries
from campus_service.bulletin.commands import SaveArticle
from campus_service.bulletin.merging import Line, Region
from campus_service.bulletin.models import Article, Revision
from campus_service.bulletin.service import Pen, Saved
from campus_service.bulletin.states import Origin, Section
from campus_service.bulletin.texts import ArticleText
from campus_service.core.clock import now, to_local, today
from campus_service.core.errors import NotFound, Text
from campus_service.core.i18n import lazy
from campus_service.core.page import fmt_when
from campus_service.core.settings import settings

LABELS: dict[str, Text] = {
    "section": lazy("栏目"),
    "title": lazy("标题"),
    "lede": lazy("导语"),
    "byline": lazy("署名"),
    "event": lazy("活动"),
    "body": lazy("正文"),
}
EVENT_FIELDS = ("starts_at", "ends_at", "place", "organiser")


def fields(text: ArticleText) -> dict[str, str]:
    """A text as the form's fields hold it, moments as Beijing time."""
    values = {name: str(getattr(text, name)) for name in ("section", "title", "lede", "byline", "body")}
    values |= dict.fromkeys(EVENT_FIELDS, "")
    if text.event:
        values["starts_at"] = f"{to_local(text.event.starts_at):%Y-%m-%dT%H:%M}"
        if text.event.ends_at != text.event.starts_at:
            values["ends_at"] = f"{to_local(text.event.ends_at):%Y-%m-%dT%H:%M}"
        values["place"], values["organiser"] = text.event.place, text.event.organiser
    return values


# --- hints ------------------------------------------------------------------------------------------------------


def hints(article_id: int, text: ArticleText) -> list[checks.Hint]:
    """What a sub-editor would notice in the text."""
    alts = {id: image.alt for id, image in queries.images(article_id).items()}
    return [*_clashes(article_id, text), *checks.check(text, today(), alts, judge)]


def _clashes(article_id: int, text: ArticleText) -> list[checks.Hint]:
    """Published events at the same time: whoever wants to go to both should not have to choose."""
    if text.event is None:
        return []
    others = queries.clashing(text.event.starts_at, text.event.ends_at, article_id)
    said = lazy("这个活动同时也在办，看看要不要错开。")
    return [checks.Hint("clash", 0, f"{fmt_when(other.starts_at)} {other.title}", said) for other in others]


def judge(href: str) -> Text | None:
    """What is wrong with the address of a link, or None. Other sites are not asked."""
    try:
        parts = urlsplit(href)
    except ValueError:
        return lazy("这个网址看不懂。")
    if not href:
        return lazy("链接没有地址。")
    if href.startswith("#") or parts.scheme in ("mailto", "tel"):
        return None
    if parts.netloc and parts.netloc != urlsplit(settings().base_url).netloc:
        return None
    if not parts.netloc and not href.startswith("/"):
        return lazy("网址要写全，从 https:// 开始。")
    return _own_page(unquote(parts.path) or "/")


def _own_page(path: str) -> Text | None:
    try:
        _endpoint, named = current_app.url_map.bind("").match(path)
    except RequestRedirect:
        return None
    except HTTPException:
        return lazy("本站没有这一页。")
    if path.startswith("/compass/") and "slug" in named:
        return _article(str(named["slug"]))
    if "event_id" in named:
        return _event(int(named["event_id"]))
    return None


def _article(slug: str) -> Text | None:
    publication = queries.publication_by_slug(slug)
    if publication is None:
        return lazy("读者还看不到这篇文章，或者没有这一篇。")
    event = queries.event_of(publication.id)
    return lazy("链接的活动已经结束。") if event and event.ends_at < now() else None


def _event(event_id: int) -> Text | None:
    try:
        event = queries.event(event_id)
    except NotFound:
        return lazy("没有这个活动。")
    return lazy("链接的活动已经结束。") if event.ends_at < now() else None


# --- two versions -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Choice:
    """A field that two people changed differently: as the newest text has it, and as it was sent."""

    name: str
    label: Text
    theirs: str
    mine: str


@dataclass(frozen=True, slots=True)
class Clash:
    """What there is to choose: fields, and the body piece by piece (empty where the body could be joined)."""

    choices: Sequence[Choice]
    body: Sequence[Region]
    joined: ArticleText

    @property
    def rows(self) -> list[Line]:
        """The body's pieces that differ, line by line side by side."""
        return [
            line
            for region in self.body
            if region.conflict
            for line in merging.side_by_side(region.theirs.rstrip("\n"), region.mine.rstrip("\n"))
        ]


def clash(article: Article, command: SaveArticle, saved: Saved) -> Clash | None:
    """Both versions, when a text that was sent lies aside; None when nothing is to choose."""
    if not saved.conflicts or saved.text is None:
        return None
    newest, mine = saved.text, command.text
    kept = queries.revision_up_to(article.id, command.base)
    base = kept.text if kept else None
    choices = [
        Choice(name, LABELS[name], _shown(newest, name), _shown(mine, name))
        for name in saved.conflicts
        if name != "body"
    ]
    body = merging.regions(base.body if base else "", newest.body, mine.body)
    joined = merging.merge(base or ArticleText(newest.section, newest.title, "", "", ""), newest, mine).text
    return Clash(choices, body, joined)


def mine_over(found: Clash, mine: ArticleText) -> dict[str, str]:
    """The fields for a form: joined with the newest text, one's own where both changed the same."""
    values, own = fields(found.joined), fields(mine)
    for choice in found.choices:
        names = EVENT_FIELDS if choice.name == "event" else (choice.name,)
        values |= {name: own[name] for name in names}
    return values | {"body": "".join(region.mine for region in found.body)}


def _shown(text: ArticleText, name: str) -> str:
    if name == "section":
        return str(Section(text.section).label)
    if name != "event":
        return str(getattr(text, name))
    if text.event is None:
        return str(lazy("没有活动"))
    event = text.event
    return " ".join(
        filter(None, [fmt_when(event.starts_at), fmt_when(event.ends_at), event.place, event.organiser])
    )


# --- answers for the script -------------------------------------------------------------------------------------


def answer(article: Article, command: SaveArticle, saved: Saved, pen: Pen) -> dict[str, Any]:
    """What the script hears after saving."""
    found = clash(article, command, saved)
    state = "late" if saved.late else "aside" if found else "merged" if saved.text else "saved"
    return {
        "state": state,
        "number": saved.number,
        "newest": saved.newest,
        "at": f"{to_local(now()):%H:%M}",
        "text": fields(saved.text) if saved.text else None,
        "clash": _plain(found, command.text) if found else None,
        "pen": pen_answer(pen),
    }


def _plain(found: Clash, mine: ArticleText) -> dict[str, Any]:
    return {
        "choices": [
            {"name": each.name, "label": str(each.label), "theirs": each.theirs, "mine": each.mine}
            for each in found.choices
        ],
        "body": [{"theirs": each.theirs, "mine": each.mine} for each in found.body],
        "joined": fields(found.joined),
        "own": fields(mine),
    }


def pen_answer(pen: Pen) -> dict[str, Any]:
    """Who is writing."""
    return {"mine": pen.mine, "name": pen.name}


# --- revisions --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Step:
    """A revision in the list; ``hidden``: how many automatic ones right before it are not shown."""

    row: Revision
    name: str
    hidden: int


def steps(rows: Iterable[tuple[Revision, str]], everything: bool) -> list[Step]:
    """The revisions, newest first; of each row of automatic savings by one person only the last, unless ``everything``."""
    found: list[Step] = []
    for row, name in rows:
        last = found[-1] if found else None
        quiet = row.origin is Origin.AUTOSAVE and last is not None and last.row.by_id == row.by_id
        if quiet and last and last.row.origin is Origin.AUTOSAVE and not everything:
            found[-1] = Step(last.row, last.name, last.hidden + 1)
        else:
            found.append(Step(row, name, 0))
    return found


@dataclass(frozen=True, slots=True)
class Difference:
    """Two revisions side by side, field by field; fields that are the same are left out."""

    left: Revision
    right: Revision
    fields: Sequence[tuple[Text, Sequence[Line]]]


def difference(article_id: int, left: int, right: int) -> Difference:
    """Two revisions side by side; raises NotFound."""
    a, b = queries.revision(article_id, left), queries.revision(article_id, right)
    pairs = [(LABELS[name], _shown(a.text, name), _shown(b.text, name)) for name in LABELS]
    return Difference(a, b, [(label, list(merging.side_by_side(x, y))) for label, x, y in pairs if x != y])
