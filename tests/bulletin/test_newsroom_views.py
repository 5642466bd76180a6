"""The newsroom's desk without JavaScript: whose articles lie where, a new one, one ahead of its issue."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from campus_service.bulletin import queries, service
from campus_service.bulletin.commands import FillSlot, PlanSlot, RequestChanges
from campus_service.bulletin.desk_queries import PAGE
from campus_service.bulletin.states import ArticleState, Section
from campus_service.core.clock import freeze, now, to_local, today
from campus_service.core.db import db, transaction
from campus_service.jobs.heartbeat import tick
from tests.bulletin.stories import approved, article, online, planned, published, submitted, written
from tests.conftest import Cast, Person
from tests.lostfound.pages import form, links

SignIn = Callable[[FlaskClient, Person], FlaskClient]
At = Callable[[Person], FlaskClient]


@pytest.fixture
def at(app: Flask, sign_in: SignIn) -> At:
    """A person's own browser."""
    return lambda person: sign_in(app.test_client(), person)


def text(client: FlaskClient, path: str) -> str:
    page = client.get(path)
    assert page.status_code == 200, page.status_code
    return page.text


# --- whose articles -----------------------------------------------------------------------------------------------


def test_a_writer_sees_only_his_own_articles(at: At, people: Cast) -> None:
    mine, other = written(people.writer, title="我写的"), written(people.editor, title="沈同学写的")
    page = at(people.writer).get("/newsroom")
    assert f"/newsroom/articles/{mine}" in links(page)
    assert f"/newsroom/articles/{other}" not in links(page)
    assert "沈同学写的" not in page.text


def test_what_a_plan_gave_to_a_writer_is_his_too(at: At, people: Cast) -> None:
    other = written(people.editor, title="接着写")
    issue = planned(people)
    with transaction():
        given = PlanSlot(section=Section.TIPS, topic="接着写", writer=people.writer.id)
        slot = service.add_slot(people.editor.actor, issue, given).id
        service.fill_slot(people.editor.actor, issue, slot, FillSlot(article=other))
    for shelf in ("work", "mine"):
        assert "接着写" in text(at(people.writer), f"/newsroom?shelf={shelf}")


def test_an_editor_sees_everybodys_and_his_own_apart(at: At, people: Cast) -> None:
    written(people.writer, title="阿柚写的")
    written(people.editor, title="沈同学写的")
    editor = at(people.editor)
    assert "阿柚写的" in text(editor, "/newsroom")
    mine = text(editor, "/newsroom?shelf=mine")
    assert "沈同学写的" in mine
    assert "阿柚写的" not in mine


@pytest.mark.parametrize(
    ("shelf", "title"),
    [("review", "等人来审"), ("back", "请再改改"), ("approved", "通过了的"), ("published", "上线了的")],
)
def test_each_shelf_holds_its_own(at: At, people: Cast, shelf: str, title: str) -> None:
    submitted(people, title="等人来审")
    back = submitted(people, title="请再改改")
    with transaction():
        service.request_changes(people.reviewer.actor, back, RequestChanges(reason="写清集合地点"))
    approved(people, title="通过了的")
    online(people, title="上线了的")
    page = text(at(people.editor), f"/newsroom?shelf={shelf}")
    titles = {"等人来审", "请再改改", "通过了的", "上线了的"}
    assert {each for each in titles if each in page} == {title}
    assert ("写清集合地点" in page) == (shelf == "back")


def test_what_is_set_aside_leaves_the_work(at: At, people: Cast) -> None:
    id = written(people.writer, title="不用了的")
    with transaction():
        service.drop(people.writer.actor, id)
    writer = at(people.writer)
    assert "不用了的" not in text(writer, "/newsroom")
    assert "不用了的" in text(writer, "/newsroom?shelf=dropped")


def test_a_strange_shelf_is_the_first_one(at: At, people: Cast) -> None:
    written(people.writer, title="草稿一篇")
    assert "草稿一篇" in text(at(people.writer), "/newsroom?shelf=nothing&before=zzz")


def test_titles_are_searched_as_they_are_typed(at: At, people: Cast) -> None:
    written(people.writer, title="打八折 100% 真的")
    written(people.writer, title="一百二十个摊位")
    page = text(at(people.writer), "/newsroom?q=100%25")
    assert "打八折" in page
    assert "摊位" not in page
    assert "没有这样的标题" in text(at(people.writer), "/newsroom?q=独角兽")


def test_a_long_list_goes_on_with_the_next_page_and_loses_none(at: At, people: Cast) -> None:
    ids = []
    for n in range(PAGE + 2):
        with freeze(now() + timedelta(seconds=n // 3)):
            ids.append(written(people.writer, title=f"第{n}篇"))
    writer = at(people.writer)
    first = writer.get("/newsroom")
    (onward,) = [link for link in links(first) if "before=" in link]
    second = writer.get(onward)
    seen = {
        link for page in (first, second) for link in links(page, "/newsroom/articles/") if link[-1].isdigit()
    }
    assert seen == {f"/newsroom/articles/{id}" for id in ids}


# --- what a row says ----------------------------------------------------------------------------------------------


def test_a_row_says_who_holds_the_pen_until_he_lays_it_down(at: At, people: Cast) -> None:
    id = written(people.writer)
    with transaction():
        service.take_pen(people.writer.actor, id, "w1")
    assert "阿柚正在写" in text(at(people.editor), "/newsroom")
    with freeze(now() + timedelta(minutes=2)):
        assert "阿柚正在写" not in text(at(people.editor), "/newsroom")


def test_a_row_counts_its_letters_and_names_its_issue(at: At, people: Cast) -> None:
    planned(people, approved(people, body="一共六个汉字"), title="新学期")
    page = text(at(people.editor), "/newsroom")
    assert "6 字" in page
    assert "新学期" in page


def test_a_day_that_has_passed_is_said_to_be_late(at: At, people: Cast) -> None:
    issue = planned(people)
    with transaction():
        late = PlanSlot(
            section=Section.TIPS, topic="甲", writer=people.writer.id, due_on=today() - timedelta(days=2)
        )
        service.add_slot(people.editor.actor, issue, late)
    assert "晚了 2 天" in text(at(people.writer), "/newsroom")


def test_only_who_wrote_none_of_it_is_asked_to_review(at: At, people: Cast) -> None:
    submitted(people, people.editor, title="沈同学写的")
    assert "去审" not in text(at(people.editor), "/newsroom?shelf=review")
    assert "去审" in text(at(people.reviewer), "/newsroom?shelf=review")


def test_what_a_plan_asks_of_a_writer_stands_above_his_desk(at: At, people: Cast) -> None:
    issue = planned(people)
    with transaction():
        wanted = PlanSlot(section=Section.TIPS, topic="宿舍用电", writer=people.writer.id)
        slot = service.add_slot(people.editor.actor, issue, wanted).id
    writer = at(people.writer)
    begin = f"/newsroom/issues/{issue}/slots/{slot}/begin"
    answer = writer.post(begin, data=form(writer.get("/newsroom"), begin))
    assert answer.status_code == 303
    begun = queries.slots(issue)[0].article_id
    assert answer.location == f"/newsroom/articles/{begun}"
    assert "请你写的" not in text(writer, "/newsroom")


# --- a new article ------------------------------------------------------------------------------------------------


def test_a_new_article_is_begun_once_and_opened(at: At, people: Cast) -> None:
    writer = at(people.writer)
    sent = form(writer.get("/newsroom"), "/newsroom", section="tips", title=" 宿舍用电 ")
    first, again = writer.post("/newsroom", data=sent), writer.post("/newsroom", data=sent)
    assert first.location == again.location
    row = article(int(first.location.rpartition("/")[2]))
    assert (row.title, row.section, row.writer_id) == ("宿舍用电", Section.TIPS, people.writer.id)


def test_a_new_article_without_a_title_keeps_what_was_chosen(at: At, people: Cast) -> None:
    writer = at(people.writer)
    answer = writer.post("/newsroom", data={"section": "tips", "title": " "})
    assert answer.status_code == 422
    assert "这里要填" in answer.text
    assert 'value="tips" checked' in answer.text


def test_students_have_no_business_here(at: At, client: FlaskClient, people: Cast) -> None:
    assert at(people.lin).get("/newsroom").status_code == 403
    assert client.get("/newsroom").location.startswith("/sign-in")
    assert "/newsroom" not in links(at(people.lin).get("/"))
    assert "/newsroom" in links(at(people.writer).get("/"))


# --- set aside and taken up again ---------------------------------------------------------------------------------


def test_a_writer_sets_his_draft_aside_and_an_editor_takes_it_up(at: At, people: Cast) -> None:
    id = written(people.writer)
    desk = f"/newsroom/articles/{id}/desk"
    assert at(people.writer).post(f"/newsroom/articles/{id}/drop").location == desk
    assert article(id).state is ArticleState.DROPPED
    assert "/reopen" not in text(at(people.writer), desk)
    at(people.editor).post(f"/newsroom/articles/{id}/reopen")
    assert article(id).state is ArticleState.DRAFT


def test_what_stands_in_an_issue_is_not_set_aside(at: At, people: Cast) -> None:
    id = written(people.writer)
    planned(people, id)
    assert "/drop" not in text(at(people.writer), f"/newsroom/articles/{id}/desk")
    answer = at(people.writer).post(f"/newsroom/articles/{id}/drop")
    assert answer.status_code == 422
    assert "还排在一期里" in answer.text


def test_a_reopened_article_has_to_be_approved_again(at: At, people: Cast) -> None:
    id = approved(people)
    at(people.editor).post(f"/newsroom/articles/{id}/reopen")
    assert (article(id).state, article(id).approved_hash) == (ArticleState.DRAFT, None)


def test_somebody_elses_article_is_not_there(at: At, people: Cast) -> None:
    id = written(people.editor)
    assert at(people.writer).get(f"/newsroom/articles/{id}/desk").status_code == 404
    assert at(people.writer).post(f"/newsroom/articles/{id}/drop").status_code == 404
    assert article(id).state is ArticleState.DRAFT


# --- ahead of its issue -------------------------------------------------------------------------------------------


def test_the_chief_editor_puts_an_article_online(at: At, people: Cast) -> None:
    id = approved(people)
    answer = at(people.chief).post(f"/newsroom/articles/{id}/online", data={"when": "now"})
    assert answer.status_code == 303
    assert article(id).state is ArticleState.ONLINE


def test_a_time_is_beijings_and_said_so(at: At, people: Cast) -> None:
    id, chief = approved(people), at(people.chief)
    path, desk = f"/newsroom/articles/{id}/online", f"/newsroom/articles/{id}/desk"
    when = to_local(now() + timedelta(days=1)).replace(hour=7, minute=30, second=0, microsecond=0)
    chief.post(path, data={"when": "at", "at": f"{when:%Y-%m-%dT%H:%M}"})
    assert article(id).online_at == when
    page = text(chief, desk)
    assert "北京时间" in page
    assert "07:30" in page
    chief.post(f"/newsroom/articles/{id}/offline")
    assert article(id).online_at is None


@pytest.mark.parametrize("hours", [1, 5])
def test_a_time_that_was_moved_holds(at: At, people: Cast, work: Callable[[], int], hours: int) -> None:
    id, chief = approved(people), at(people.chief)
    begin = to_local(now()).replace(second=0, microsecond=0)
    for later in (3, hours):
        when = f"{begin + timedelta(hours=later):%Y-%m-%dT%H:%M}"
        chief.post(f"/newsroom/articles/{id}/online", data={"when": "at", "at": when})
    with freeze(begin + timedelta(hours=hours, minutes=-1)):
        work()
        assert article(id).state is ArticleState.APPROVED
    with freeze(begin + timedelta(hours=hours, seconds=1)):
        work()
        assert article(id).state is ArticleState.ONLINE


@pytest.mark.parametrize("sent", [{}, {"at": ""}, {"when": "at", "at": ""}, {"at": "2020-01-01T08:00"}])
def test_a_form_without_a_time_publishes_nothing(at: At, people: Cast, sent: dict[str, str]) -> None:
    id = approved(people)
    answer = at(people.chief).post(f"/newsroom/articles/{id}/online", data=sent)
    assert answer.status_code == 422
    row = article(id)
    assert (row.state, row.online_at) == (ArticleState.APPROVED, None)


def test_what_is_not_approved_stays(at: At, people: Cast) -> None:
    id, chief = submitted(people), at(people.chief)
    assert "上线" not in text(chief, f"/newsroom/articles/{id}/desk")
    answer = chief.post(f"/newsroom/articles/{id}/online", data={"when": "now"})
    assert answer.status_code == 409
    assert article(id).state is ArticleState.SUBMITTED


def test_what_readers_have_is_not_put_online_again(at: At, people: Cast) -> None:
    id = online(people).article_id
    published(people, id)
    chief = at(people.chief)
    page = chief.get(f"/newsroom/articles/{id}/desk")
    assert "读者可以看到" in page.text
    assert "/compass/1/events-1" in links(page)
    assert chief.post(f"/newsroom/articles/{id}/offline").status_code == 409


def test_the_page_warns_when_no_worker_looks_at_the_clock(at: At, people: Cast) -> None:
    id, chief = approved(people), at(people.chief)
    path = f"/newsroom/articles/{id}/desk"
    assert "还没有运行过" in text(chief, path)
    with transaction():
        tick()
    assert "后台进程在运行" in text(chief, path)
    with freeze(now() + timedelta(minutes=4)):
        assert "停了 3 分钟以上" in text(chief, path)
    db.session.rollback()
