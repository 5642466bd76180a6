"""The demo's bulletin: three issues with drawn covers, an early article, a correction, and work in the newsroom."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from importlib.resources import as_file, files
from typing import Any

from sqlalchemy import func, select

from campus_service.accounts.demo import create_demo_people
from campus_service.accounts.queries import actor_of
from campus_service.bulletin import service
from campus_service.bulletin.commands import (
    Approve,
    Comment,
    Correct,
    FillSlot,
    PlanIssue,
    PlanSlot,
    SaveArticle,
    Schedule,
    StartArticle,
)
from campus_service.bulletin.demo_pictures import draw
from campus_service.bulletin.importing import ArchivedArticle, Report, import_file
from campus_service.bulletin.models import Article, Issue, Publication
from campus_service.bulletin.states import Section
from campus_service.core.actor import Actor
from campus_service.core.clock import freeze, now, today
from campus_service.core.db import db, transaction
from campus_service.core.i18n import force_locale

# The days of the demo's issues, and how they are called; the last one moves to a Monday of the last week.
_ISSUES = {
    101: (date(2026, 9, 14), "新学期，先别急"),
    102: (date(2026, 10, 12), "入秋"),
    103: (date(2026, 10, 26), "夜归"),
}
# So many articles of each issue have a cover.
COVERS = 3
_SHOWN = {
    Section.EVENTS: "黄昏的湖边，图书馆亮着灯，有人沿着路走",
    Section.TIPS: "清晨的湖边，远处是图书馆",
    Section.STUDY: "白天的湖和图书馆",
    Section.CAREERS: "秋天的湖边小路",
    Section.SURVEY_REPORTS: "夜里的湖边小路，路灯亮着，有人独自走",
}

_DRAFTS: tuple[tuple[Section, str, str, str], ...] = (
    (
        Section.TIPS,
        "暖气来之前，宿舍怎么保暖",
        "不用违规电器，也能睡个暖和觉。",
        "## 先看窗缝\n\n窗缝漏风比被子薄更要命。宿管站可以领密封条，带学生证登记。\n\n## 再看被子\n\n两床薄被比一床厚被暖和。\n",
    ),
    (
        Section.STUDY,
        "选课系统开放前要想好的四件事",
        "退补选只有一周，先把培养方案打开。",
        "## 学分够不够\n\n对着培养方案数一遍，通识课最容易漏。\n\n## 时间撞不撞\n\n两校区之间留四十分钟。\n",
    ),
    (
        Section.EVENTS,
        "冬至包饺子：三食堂二楼见",
        "面和馅都备好，带上会擀皮的同学。",
        "## 怎么参加\n\n现场签到，分组包，包好当场煮。\n\n素馅和清真馅分开操作台。\n",
    ),
)
_EARLY = (
    Section.CAREERS,
    "这周三场宣讲会，地点有变动",
    "两场从就业中心挪到大学生活动中心。",
    "## 变动\n\n周三、周四的两场改到大学生活动中心二楼报告厅，时间不变。\n\n## 带什么\n\n校园卡和纸质简历两份。\n",
)


def load() -> Report | None:
    """Fill an empty bulletin with the demo; None when it holds anything already. Only with CAMPUS_DEMO=true."""
    if db.session.scalar(select(func.count()).select_from(Issue)):
        return None
    with transaction():
        people = create_demo_people()
    writer, editor, reviewer, chief = (
        actor_of(people[f"{name}@demo.example"].id) for name in ("writer", "editor", "editor2", "chief")
    )
    with as_file(files("campus_service.bulletin").joinpath("data/demo.jsonl")) as path:
        report = import_file(path, shift=_move_days(today()), picture=_cover)
    with force_locale("zh_CN"):
        _correct_one(editor)
        _put_one_online(writer, reviewer, chief)
        _work_in_the_newsroom(writer, editor, reviewer)
    return report


def _move_days(last: date) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Move issues and events by whole weeks, so that the newest issue came out within the last week."""
    by = timedelta(days=(last - _ISSUES[103][0]).days // 7 * 7)

    def shift(line: dict[str, Any]) -> dict[str, Any]:
        day, title = _ISSUES[line["issue"]]
        event = line["event"]
        if event:
            moved = {
                name: (datetime.fromisoformat(event[name]) + by).isoformat()
                for name in ("starts_at", "ends_at")
            }
            event = event | moved
        return line | {"published_on": (day + by).isoformat(), "issue_title": title, "event": event}

    return shift


def _cover(article: ArchivedArticle, position: int) -> tuple[bytes, str]:
    if position >= COVERS:
        return b"", ""
    return draw(article.section, seed=article.issue * 10 + position), _SHOWN[article.section]


def _correct_one(editor: Actor) -> None:
    row = db.session.scalars(select(Publication).where(Publication.title.startswith("夜归调查"))).first()
    if row and row.lede.count("四条") == 1 and "四条" not in row.body:
        with transaction():
            command = Correct(wrong="四条", right="五条", note="首发时漏算了东门到一食堂的一段。")
            service.correct(editor, row.article_id, command)


def _written(writer: Actor, section: Section, title: str, lede: str, body: str) -> int:
    with transaction():
        article = service.start_article(writer, StartArticle(section=section, title=title)).id
    with transaction():
        text = SaveArticle(
            base=0, section=section, title=title, lede=lede, byline=writer.name, body=body, by_hand=True
        )
        service.save(writer, article, text)
    return article


def _approved(writer: Actor, reviewer: Actor, *text: Any) -> int:
    article = _written(writer, *text)
    with transaction():
        service.submit(writer, article)
    with transaction():
        digest = db.session.get_one(Article, article).text.hash
        service.approve(reviewer, article, Approve(hash=digest))
    return article


def _put_one_online(writer: Actor, reviewer: Actor, chief: Actor) -> None:
    with freeze(now() - timedelta(hours=5)):
        article = _approved(writer, reviewer, *_EARLY)
        with transaction():
            service.put_online(chief, article, Schedule())


def _work_in_the_newsroom(writer: Actor, editor: Actor, reviewer: Actor) -> None:
    """The next issue: one article approved, one to review with a word beside it, one half written, one place empty."""
    due = today() + timedelta(days=9)
    with transaction():
        issue = service.plan_issue(editor, PlanIssue(title="冬天来了", due_on=due)).id
    approved = _approved(writer, reviewer, *_DRAFTS[0])
    waiting = _written(writer, *_DRAFTS[1])
    with transaction():
        service.submit(writer, waiting)
        word = Comment(paragraph=1, quote="对着培养方案数一遍", body="加一句在哪里下载培养方案。")
        service.comment(reviewer, waiting, word)
    draft = _written(writer, *_DRAFTS[2])
    for article, (section, title, *_rest) in zip((approved, waiting, draft), _DRAFTS, strict=True):
        with transaction():
            plan = PlanSlot(section=section, topic=title, writer=writer.id, due_on=due - timedelta(days=3))
            slot = service.add_slot(editor, issue, plan)
            service.fill_slot(editor, issue, slot.id, FillSlot(article=article))
    with transaction():
        topic = PlanSlot(section=Section.SURVEY_REPORTS, topic="三百张夜宵小票", writer=writer.id, due_on=due)
        service.add_slot(editor, issue, topic)
