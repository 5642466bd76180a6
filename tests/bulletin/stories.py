"""The beginnings of stories: an article is written, submitted, approved; an issue is planned, signed, published."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from campus_service.bulletin import queries, service
from campus_service.bulletin.commands import (
    AddImage,
    Approve,
    FillSlot,
    PlanIssue,
    PlanSlot,
    SaveArticle,
    Schedule,
    Sign,
    StartArticle,
)
from campus_service.bulletin.models import Article, Issue, Publication
from campus_service.core.clock import BEIJING
from campus_service.core.db import db, transaction
from campus_service.media import service as media
from tests.conftest import Cast, Person
from tests.media.pictures import phone_photo

FAIR: dict[str, Any] = {
    "section": "events",
    "title": "百团大战来了：一百二十个摊位怎么逛",
    "lede": "社团招新连摆两天，先想清楚三件事再扫码交会费。",
    "byline": "阿柚",
    "body": "## 时间地点\n\n招新集市设在大学生活动中心门前广场，周六、周日两天。\n\n## 怎么逛\n\n1. 先看分区图。\n2. 问一句“一周活动几次”。",
}
EVENT: dict[str, Any] = {
    "starts_at": datetime(2026, 9, 19, 10, tzinfo=BEIJING),
    "ends_at": datetime(2026, 9, 20, 17, tzinfo=BEIJING),
    "place": "大学生活动中心门前广场",
    "organiser": "校团委社团联合会",
}


def written(person: Person, **changes: Any) -> int:
    """``person`` writes an article; returns its id. ``changes``: other values of SaveArticle."""
    values = FAIR | changes
    with transaction():
        start = StartArticle(section=values["section"], title=values["title"])
        id = service.start_article(person.actor, start).id
    saved(person, id, **values)
    return id


def saved(person: Person, id: int, **values: Any) -> service.Saved:
    """``person`` saves, on the newest revision unless ``base`` says another."""
    command = {"base": article(id).revision, "by_hand": True} | FAIR | values
    with transaction():
        return service.save(person.actor, id, SaveArticle.model_validate(command))


def article(id: int) -> Article:
    """The article as it is now."""
    db.session.rollback()
    db.session.expire_all()
    return db.session.get_one(Article, id)


def picture(person: Person, id: int, alt: str = "分区图") -> int:
    """``person`` gives an article a picture; returns its id."""
    with transaction():
        key = media.store(person.actor, phone_photo(320, 240)).key
    with transaction():
        return service.add_image(person.actor, id, AddImage(photo=key, alt=alt)).id


def submitted(people: Cast, person: Person | None = None, **changes: Any) -> int:
    """An article waits for review."""
    id = written(person or people.writer, **changes)
    with transaction():
        service.submit((person or people.writer).actor, id)
    return id


def approved(people: Cast, person: Person | None = None, **changes: Any) -> int:
    """唐同学 has approved an article of 阿柚's."""
    id = submitted(people, person, **changes)
    seen = article(id).text.hash
    with transaction():
        service.approve(people.reviewer.actor, id, Approve(hash=seen))
    return id


def online(people: Cast, **changes: Any) -> Publication:
    """Readers have an article ahead of its issue."""
    id = approved(people, **changes)
    with transaction():
        service.put_online(people.chief.actor, id, Schedule())
    publication = queries.publication_of(id)
    assert publication
    return publication


def planned(people: Cast, *articles: int, title: str = "新学期") -> int:
    """沈同学 has planned an issue with these articles; returns its id."""
    with transaction():
        issue = service.plan_issue(people.editor.actor, PlanIssue(title=title)).id
    for id in articles:
        with transaction():
            row = article_in(id)
            slot = service.add_slot(
                people.editor.actor, issue, PlanSlot(section=row.section, topic=row.title)
            )
            service.fill_slot(people.editor.actor, issue, slot.id, FillSlot(article=id))
    return issue


def article_in(id: int) -> Article:
    """The article, inside a transaction."""
    return db.session.get_one(Article, id)


def issue(id: int) -> Issue:
    """The issue as it is now."""
    db.session.rollback()
    db.session.expire_all()
    return db.session.get_one(Issue, id)


def signed(people: Cast, *articles: int, **changes: Any) -> int:
    """顾老师 has signed an issue with these articles; returns its id."""
    id = planned(people, *(articles or (approved(people),)), **changes)
    with transaction():
        service.send_to_chief(people.editor.actor, id)
    digest = service.contents_hash(issue(id))
    with transaction():
        service.sign(people.chief.actor, id, Sign(hash=digest))
    return id


def published(people: Cast, *articles: int, **changes: Any) -> Issue:
    """An issue is out."""
    id = signed(people, *articles, **changes)
    with transaction():
        service.schedule(people.chief.actor, id, Schedule())
    return issue(id)
