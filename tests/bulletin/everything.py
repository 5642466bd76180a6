"""One of everything in the newsroom and with its readers: articles and issues in every state, by name."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from campus_service.bulletin import queries, service
from campus_service.bulletin.commands import (
    AddImage,
    Comment,
    Correct,
    PlanSlot,
    PutUpBoard,
    RequestChanges,
    Schedule,
    Subscribe,
)
from campus_service.bulletin.models import BoardScan, Mailing, Subscriber
from campus_service.bulletin.service import boards, subscribing
from campus_service.bulletin.states import Section
from campus_service.core.clock import now, today
from campus_service.core.db import db, transaction
from campus_service.media import service as media
from tests.bulletin.stories import EVENT, approved, online, planned, published, signed, submitted, written
from tests.conftest import Cast
from tests.media.pictures import phone_photo

MAKERS = ("writer", "editor", "reviewer", "chief")
Things = dict[str, Any]


def things(people: Cast) -> Things:
    """Fill an empty newsroom; what was made, by name: ids, but for ``issue_out`` (a number) and ``slug``.

    阿柚 wrote every article. ``issue_planned`` holds one approved article (``slot``) and one empty place (``slot_empty``)
    that waits for 阿柚. ``article_early``/``early_slug`` is online without an issue; ``article_bound``/``slug`` stands in
    ``issue_out`` with an event and a correction.
    """
    for name in MAKERS:
        getattr(people, name)  # made before a story opens a transaction
    return _articles(people) | _issues(people) | _boards(people, _out(people)) | _readers()


def _articles(people: Cast) -> Things:
    made = {
        "article_draft": written(people.writer, title="草稿一篇"),
        "article_submitted": submitted(people, title="等人来审"),
        "article_changes": submitted(people, title="请再改改"),
        "article_approved": approved(people, title="通过了还没排"),
        "article_waiting": approved(people, title="定时上线"),
        "article_dropped": written(people.writer, title="不用了的"),
    }
    with transaction():
        service.request_changes(
            people.reviewer.actor, made["article_changes"], RequestChanges(reason="写清集合地点")
        )
    with transaction():
        draft, photo = made["article_draft"], media.store(people.writer.actor, phone_photo(640, 480))
        picture = AddImage(photo=photo.key, alt="招新集市的分区图")
        made["article_image"] = service.add_image(people.writer.actor, draft, picture).id
    with transaction():
        word = Comment(paragraph=1, quote="招新集市", body="这里写上几号门")
        made["comment"] = service.comment(people.reviewer.actor, made["article_submitted"], word).id
    with transaction():
        later = Schedule(at=now() + timedelta(days=2))
        service.put_online(people.chief.actor, made["article_waiting"], later)
    with transaction():
        service.drop(people.writer.actor, made["article_dropped"])
    early = online(people, title="先上线的一篇")
    return made | {"article_early": early.article_id, "early_slug": early.slug}


def _issues(people: Cast) -> Things:
    plan = planned(people, approved(people, title="排进来的一篇"), title="策划中的一期")
    with transaction():
        waits = PlanSlot(section=Section.TIPS, topic="宿舍用电", writer=people.writer.id)
        empty = service.add_slot(people.editor.actor, plan, waits).id
    review = planned(people, approved(people, title="送签的一篇"), title="待签发的一期")
    with transaction():
        service.send_to_chief(people.editor.actor, review)
    timed = signed(people, approved(people, title="定时的一篇"), title="定时的一期")
    with transaction():
        service.schedule(people.chief.actor, timed, Schedule(at=now() + timedelta(days=1)))
    return {
        "issue_planned": plan,
        "slot": next(slot.id for slot in queries.slots(plan) if slot.id != empty),
        "slot_empty": empty,
        "issue_in_review": review,
        "issue_signed": signed(people, approved(people, title="签过的一篇"), title="已签发的一期"),
        "issue_scheduled": timed,
    }


def _out(people: Cast) -> Things:
    bound = approved(people, title="出了刊的一篇", **EVENT)
    out = published(
        people, bound, approved(people, title="同期的另一篇", section="tips"), title="已出刊的一期"
    )
    with transaction():
        words = Correct(wrong="周六、周日两天", right="周六、周日两天（雨天顺延）", note="补上雨天的安排。")
        correction = service.correct(people.editor.actor, bound, words).id
    publication = queries.publication_of(bound)
    assert publication
    event = queries.event_of(publication.id)
    assert event
    return {
        "issue_out": out.number,
        "issue_out_id": out.id,
        "article_bound": bound,
        "publication": publication.id,
        "slug": publication.slug,
        "event": event.id,
        "correction": correction,
    }


def _boards(people: Cast, made: Things) -> Things:
    """Two notice boards; some have come to the issue that is out from the one at the canteen."""
    for code, name in (("repair", "三食堂门口"), ("gym", "体育馆")):
        with transaction():
            command = PutUpBoard(code=code, name=name, place="一楼大厅")
            boards.put_up(people.editor.actor, command)
    with transaction():
        db.session.add(BoardScan(board_code="repair", issue_id=made["issue_out_id"], day=today(), count=7))
    return made | {"board": "repair"}


def _readers() -> Things:
    """Somebody who reads by mail; ``reader`` is the token in his links."""
    with transaction() as session:
        subscribing.subscribe(Subscribe(email="reader@campus.test", whole=True), "zh_CN")
        row = session.scalars(select(Subscriber)).one()
        subscribing.confirm(row.token)
        mailing = session.scalars(select(Mailing.id).order_by(Mailing.id)).first()
    return {"reader": row.token, "mailing": mailing}
