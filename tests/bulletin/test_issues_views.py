"""The issues' pages without JavaScript: planned, put in order, signed just as shown, timed and published."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from campus_service.bulletin import queries, service
from campus_service.bulletin.commands import PlanSlot, SaveArticle
from campus_service.bulletin.states import ArticleState, IssueState, Section
from campus_service.core.clock import freeze, now, to_local
from campus_service.core.db import transaction
from campus_service.jobs.heartbeat import tick
from tests.bulletin.stories import EVENT, approved, article, issue, planned, published, signed, written
from tests.conftest import Cast, Person
from tests.lostfound.pages import form, links

SignIn = Callable[[FlaskClient, Person], FlaskClient]
At = Callable[[Person], FlaskClient]
ISSUES = "/newsroom/issues"


@pytest.fixture
def at(app: Flask, sign_in: SignIn) -> At:
    """A person's own browser."""
    return lambda person: sign_in(app.test_client(), person)


def text(client: FlaskClient, path: str) -> str:
    page = client.get(path)
    assert page.status_code == 200, page.status_code
    return page.text


def places(people: Cast, *topics: str) -> tuple[int, list[int]]:
    """An issue with these empty places: its id and theirs."""
    id = planned(people)
    for topic in topics:
        with transaction():
            service.add_slot(people.editor.actor, id, PlanSlot(section=Section.TIPS, topic=topic))
    return id, [slot.id for slot in queries.slots(id)]


def topics(id: int) -> list[str]:
    issue(id)
    return [slot.topic for slot in queries.slots(id)]


def in_review(people: Cast, *articles: int) -> int:
    """The chief editor has an issue with these articles."""
    id = planned(people, *(articles or (approved(people),)), title="待签发的一期")
    with transaction():
        service.send_to_chief(people.editor.actor, id)
    return id


# --- planning -----------------------------------------------------------------------------------------------------


def test_an_issue_is_planned_once_and_opened(at: At, people: Cast) -> None:
    editor = at(people.editor)
    sent = form(editor.get(ISSUES), ISSUES, title="新学期", due_on="2026-12-20", lede="你好。")
    first, again = editor.post(ISSUES, data=sent), editor.post(ISSUES, data=sent)
    assert first.location == again.location
    page = text(editor, first.location)
    assert "新学期" in page
    assert "12月20日" in page


def test_a_day_that_is_none_is_refused_and_the_rest_kept(at: At, people: Cast) -> None:
    answer = at(people.editor).post(ISSUES, data={"title": "新学期", "due_on": "过几天"})
    assert answer.status_code == 422
    assert 'value="新学期"' in answer.text


def test_the_list_says_how_far_each_has_come(at: At, people: Cast) -> None:
    id = planned(people, approved(people), written(people.writer, title="草稿"), title="做到一半")
    published(people, approved(people), title="出了的")
    page = at(people.writer).get(ISSUES)
    assert "1 / 2 篇通过" in page.text
    assert "第 1 期" in page.text
    assert f"{ISSUES}/{id}" in links(page)
    assert "新的一期" not in page.text


def test_a_place_is_added_changed_filled_and_emptied(at: At, people: Cast) -> None:
    id, editor = planned(people), at(people.editor)
    path, text_id = f"{ISSUES}/{id}", approved(people, title="现成的一篇")
    sent = form(
        editor.get(path), f"{path}/slots", topic="宿舍用电", section="tips", writer=str(people.writer.id)
    )
    for _twice in range(2):
        assert editor.post(f"{path}/slots", data=sent).status_code == 303
    (slot,) = queries.slots(id)
    at_slot = f"{path}/slots/{slot.id}"
    editor.post(at_slot, data=form(editor.get(path), at_slot, topic="宿舍用电安全"))
    assert topics(id) == ["宿舍用电安全"]
    editor.post(f"{at_slot}/article", data={"article": str(text_id)})
    assert "现成的一篇" in text(editor, path)
    assert queries.slots(id)[0].writer_id == people.writer.id
    editor.post(f"{at_slot}/article", data={"article": ""})
    issue(id)
    assert queries.slots(id)[0].article_id is None
    editor.post(f"{at_slot}/remove")
    assert topics(id) == []


def test_a_mistake_in_a_place_opens_its_form_with_what_was_typed(at: At, people: Cast) -> None:
    id, (first, second) = places(people, "甲", "乙")
    answer = at(people.editor).post(
        f"{ISSUES}/{id}/slots/{second}", data={"topic": "", "section": "study", "due_on": "明天"}
    )
    assert answer.status_code == 422
    assert answer.text.count('<details class="nr-more" open>') == 1
    assert f'id="s{second}-topic-error"' in answer.text
    assert f'id="s{first}-topic-error"' not in answer.text
    assert 'value="明天"' in answer.text


def test_an_article_of_another_issue_is_refused_in_words(at: At, people: Cast) -> None:
    taken = approved(people)
    planned(people, taken)
    id, (slot,) = places(people, "甲")
    answer = at(people.editor).post(f"{ISSUES}/{id}/slots/{slot}/article", data={"article": str(taken)})
    assert answer.status_code == 409
    assert "已经排进了一期" in answer.text


def test_an_editor_begins_a_place_for_its_writer(at: At, people: Cast) -> None:
    id = planned(people)
    with transaction():
        wanted = PlanSlot(section=Section.TIPS, topic="宿舍用电", writer=people.writer.id)
        slot = service.add_slot(people.editor.actor, id, wanted).id
    answer = at(people.editor).post(f"{ISSUES}/{id}/slots/{slot}/begin")
    assert answer.location == f"{ISSUES}/{id}#slot-{slot}"
    begun = queries.slots(id)[0].article_id
    assert begun
    assert article(begun).writer_id == people.writer.id


def test_a_writer_reads_the_plan_but_not_other_peoples_articles(at: At, people: Cast) -> None:
    other = written(people.editor, title="沈同学的秘密标题")
    id = planned(people, other)
    with transaction():
        slot = queries.slots(id)[0]
        slot.topic = "公开的题"
    page = at(people.writer).get(f"{ISSUES}/{id}")
    assert "公开的题" in page.text
    assert "秘密标题" not in page.text
    assert f"/newsroom/articles/{other}" not in links(page)
    assert "加一个位置" not in page.text


# --- the order ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("button", "which", "then"),
    [("up", 1, "乙甲丙"), ("down", 1, "甲丙乙"), ("up", 0, "甲乙丙"), ("down", 2, "甲乙丙")],
)
def test_the_buttons_move_a_place_by_one(at: At, people: Cast, button: str, which: int, then: str) -> None:
    id, ids = places(people, *"甲乙丙")
    sent = {"slots": [str(each) for each in ids], button: str(ids[which])}
    answer = at(people.editor).post(f"{ISSUES}/{id}/order", data=sent)
    assert answer.location == f"{ISSUES}/{id}#slot-{ids[which]}"
    assert topics(id) == list(then)


def test_the_script_sends_the_whole_order_and_gets_no_page(at: At, people: Cast) -> None:
    id, ids = places(people, *"甲乙丙")
    sent = {"slots": [str(each) for each in reversed(ids)]}
    answer = at(people.editor).post(f"{ISSUES}/{id}/order", data=sent, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.text) == (204, "")
    assert topics(id) == ["丙", "乙", "甲"]


def test_an_order_that_somebody_overtook_is_refused_in_words(at: At, people: Cast) -> None:
    id, ids = places(people, *"甲乙")
    editor = at(people.editor)
    editor.post(f"{ISSUES}/{id}/slots/{ids[0]}/remove")
    sent = {"slots": [str(each) for each in reversed(ids)]}
    answer = editor.post(f"{ISSUES}/{id}/order", data=sent, headers={"Accept": "application/json"})
    assert answer.status_code == 409
    assert "刷新" in answer.json["detail"]  # type: ignore[index]
    assert topics(id) == ["乙"]


@pytest.mark.parametrize("sent", [{}, {"slots": "甲"}])
def test_an_order_that_is_none_is_refused(at: At, people: Cast, sent: dict[str, str]) -> None:
    id, _ids = places(people, *"甲乙")
    assert at(people.editor).post(f"{ISSUES}/{id}/order", data=sent).status_code == 422
    assert topics(id) == ["甲", "乙"]


# --- the signature ------------------------------------------------------------------------------------------------


def test_an_unfinished_issue_says_what_is_missing(at: At, people: Cast) -> None:
    id, _ids = places(people, "宿舍用电")
    answer = at(people.editor).post(f"{ISSUES}/{id}/send")
    assert answer.status_code == 422
    assert "还没有审过的文章：宿舍用电" in answer.text


def test_the_chief_reads_all_of_it_in_order_and_signs_just_that(at: At, people: Cast) -> None:
    id = in_review(
        people, approved(people, title="第一篇"), approved(people, title="第二篇", body="第二篇的字", **EVENT)
    )
    chief, path = at(people.chief), f"{ISSUES}/{id}/sign"
    page = chief.get(path)
    assert page.text.index("第一篇") < page.text.index("第二篇")
    assert "招新集市设在" in page.text
    assert "第二篇的字" in page.text
    assert "大学生活动中心门前广场" in page.text
    answer = chief.post(path, data=form(page, path))
    assert answer.status_code == 303
    row = issue(id)
    assert (row.state, row.signed_by) == (IssueState.APPROVED, people.chief.id)
    assert row.signed_hash == service.contents_hash(row)


def test_the_headings_of_two_articles_do_not_share_an_anchor(at: At, people: Cast) -> None:
    id = in_review(people, approved(people, title="甲"), approved(people, title="乙"))
    page = text(at(people.chief), f"{ISSUES}/{id}/sign")
    anchors = [part.split('"')[0] for part in page.split(' id="')[1:]]
    assert len(anchors) == len(set(anchors))


def test_what_changed_meanwhile_is_shown_again_instead_of_signed(at: At, people: Cast) -> None:
    first, second = approved(people, title="甲"), approved(people, title="乙")
    id = in_review(people, first, second)
    chief, path = at(people.chief), f"{ISSUES}/{id}/sign"
    seen = form(chief.get(path), path)
    with transaction():
        one, two = queries.slots(id)
        one.position, two.position = two.position, one.position
    answer = chief.post(path, data=seen)
    assert answer.status_code == 409
    assert "请再看一遍" in answer.text
    assert chief.post(path, data=form(answer, path)).status_code == 303


def test_an_editor_reads_it_whole_but_finds_no_pen(at: At, people: Cast) -> None:
    id = in_review(people)
    assert "我看过了" not in text(at(people.editor), f"{ISSUES}/{id}/sign")
    assert at(people.writer).get(f"{ISSUES}/{id}/sign").status_code == 403


def test_back_in_the_plan_it_can_be_changed_again(at: At, people: Cast) -> None:
    id, chief = signed(people), at(people.chief)
    chief.post(f"{ISSUES}/{id}/back")
    assert issue(id).state is IssueState.PLANNING
    assert "加一个位置" in text(chief, f"{ISSUES}/{id}")


# --- its time -----------------------------------------------------------------------------------------------------


def test_it_is_timed_in_beijing_and_the_clock_can_be_stopped(at: At, people: Cast) -> None:
    id, chief = signed(people), at(people.chief)
    path = f"{ISSUES}/{id}"
    when = to_local(now() + timedelta(days=1)).replace(hour=7, minute=30, second=0, microsecond=0)
    chief.post(f"{path}/schedule", data={"when": "at", "at": f"{when:%Y-%m-%dT%H:%M}"})
    assert (issue(id).state, issue(id).publish_at) == (IssueState.SCHEDULED, when)
    assert "07:30 出刊" in text(chief, path)
    chief.post(f"{path}/unschedule")
    assert (issue(id).state, issue(id).publish_at) == (IssueState.APPROVED, None)


@pytest.mark.parametrize("hours", [1, 5])
def test_a_time_that_was_moved_holds(at: At, people: Cast, work: Callable[[], int], hours: int) -> None:
    id, chief = signed(people), at(people.chief)
    begin = to_local(now()).replace(second=0, microsecond=0)

    def set_for(later: int) -> None:
        when = f"{begin + timedelta(hours=later):%Y-%m-%dT%H:%M}"
        chief.post(f"{ISSUES}/{id}/schedule", data={"when": "at", "at": when})

    set_for(3)
    chief.post(f"{ISSUES}/{id}/unschedule")
    set_for(hours)
    with freeze(begin + timedelta(hours=hours, minutes=-1)):
        work()
        assert issue(id).number is None
    with freeze(begin + timedelta(hours=hours, seconds=1)):
        work()
        assert issue(id).number == 1


@pytest.mark.parametrize("sent", [{}, {"at": ""}, {"when": "at"}, {"when": "at", "at": "2020-01-01T08:00"}])
def test_without_a_time_to_come_nothing_is_published(at: At, people: Cast, sent: dict[str, str]) -> None:
    id = signed(people)
    answer = at(people.chief).post(f"{ISSUES}/{id}/schedule", data=sent)
    assert answer.status_code == 422
    assert issue(id).state is IssueState.APPROVED


def test_it_is_published_at_once_with_its_number(at: At, people: Cast) -> None:
    text_id = approved(people)
    id, chief = signed(people, text_id), at(people.chief)
    answer = chief.post(f"{ISSUES}/{id}/schedule", data={"when": "now"}, follow_redirects=True)
    assert "第 1 期出刊了" in answer.text
    assert "/compass/1" in links(answer)
    assert article(text_id).state is ArticleState.BOUND


def test_an_issue_that_is_out_is_only_looked_at(at: At, people: Cast) -> None:
    id, chief = published(people).id, at(people.chief)
    for step, sent in (("back", {}), ("schedule", {"when": "now"}), ("send", {}), ("unschedule", {})):
        assert chief.post(f"{ISSUES}/{id}/{step}", data=sent).status_code == 409, step
    assert issue(id).number == 1


def test_the_page_says_whether_a_worker_looks_at_the_clock(at: At, people: Cast) -> None:
    id, chief = signed(people), at(people.chief)
    assert "还没有运行过" in text(chief, f"{ISSUES}/{id}")
    with transaction():
        tick()
        tick()
    assert "后台进程在运行" in text(chief, f"{ISSUES}/{id}")
    with freeze(now() + timedelta(minutes=4)):
        assert "停了 3 分钟以上" in text(chief, f"{ISSUES}/{id}")


def test_saving_a_text_of_a_signed_issue_changes_nothing_that_was_signed(at: At, people: Cast) -> None:
    text_id = approved(people)
    id = signed(people, text_id)
    row = article(text_id)
    late = SaveArticle(base=row.revision, section=row.section, title="换了标题", body="换了字")
    with transaction():
        assert service.save(people.writer.actor, text_id, late).late
    assert issue(id).signed_hash == service.contents_hash(issue(id))
