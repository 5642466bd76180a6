"""The sender's page of a case: the promise, the chain of holders, what was asked, the answer and what follows."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from campus_service.core.clock import BEIJING, freeze
from campus_service.core.db import transaction
from campus_service.core.page import fmt_when
from campus_service.feedback import commands as c
from campus_service.feedback import queries, service
from campus_service.feedback.states import CaseState, MessageKind
from campus_service.media import service as media
from tests.conftest import Cast, Person
from tests.everything import photo
from tests.feedback.stories import LAMP, accepted, answered, asked, case, routed, sent
from tests.lostfound.pages import counted, form, links
from tests.media.pictures import phone_photo

SignIn = Callable[[FlaskClient, Person], FlaskClient]
THURSDAY = datetime(2026, 10, 29, 9, 0, tzinfo=BEIJING)


@pytest.fixture
def lin(client: FlaskClient, people: Cast, sign_in: SignIn) -> FlaskClient:
    """林小满's browser."""
    return sign_in(client, people.lin)


def text(client: FlaskClient, no: str) -> str:
    page = client.get(f"/feedback/{no}")
    assert page.status_code == 200, page.status_code
    return page.text


def post(client: FlaskClient, no: str, step: str, **data: object) -> TestResponse:
    """Send one of the page's forms as it stands there, with some of it filled in."""
    action = f"/feedback/{no}/{step}"
    return client.post(action, data=form(client.get(f"/feedback/{no}"), action, **data))


# --- the promise and who holds it -------------------------------------------------------------------------------


def test_the_promise_stands_with_its_reckoning(lin: FlaskClient, people: Cast) -> None:
    with freeze(THURSDAY):
        no = accepted(people)
    with freeze(THURSDAY + timedelta(days=1, hours=1)):
        page = text(lin, no)
    assert "最晚答复" in page
    assert "11月3日 周二 17:30" in page
    assert "已用 1 天 1 小时" in page
    assert "求助 3 个工作日，当日不计（民法典第二百零一条）" in page
    assert "10月31日 周六 至 11月1日 周日 休息" in page


def test_before_anybody_accepts_the_page_says_by_when(lin: FlaskClient, people: Cast) -> None:
    with freeze(THURSDAY):
        page = text(lin, routed(people))
    assert "已送到后勤处，等它接手" in page
    assert "最晚 10月29日 周四 15:00" in page


def test_every_holder_is_shown_with_the_reason_of_the_hand_over(lin: FlaskClient, people: Cast) -> None:
    no = accepted(people)
    with transaction():
        service.offer(people.officer.actor, no, c.OfferCase(to="library", reason="灯在图书馆门口"))
    page = text(lin, no)
    assert "转给图书馆" in page
    assert "灯在图书馆门口" in page
    assert "接受之前仍由后勤处负责" in page
    with transaction():
        service.decide_handover(people.librarian.actor, no, c.DecideHandover(accept=True))
    page = text(lin, no)
    chain = page[page.index('class="holders"') : page.index("到哪一步了")]
    assert chain.index("首问") < chain.index("后勤处") < chain.index("现在负责") < chain.index("图书馆")
    assert "换了部门，不重新计时" in page


def test_the_department_can_be_called(lin: FlaskClient, people: Cast) -> None:
    no = accepted(people)
    with transaction():
        service.save_options(people.head.actor, "logistics", c.SaveOptions(contact="维修科 王师傅 0000-7111"))
    assert "后勤处 维修科 王师傅 0000-7111" in text(lin, no)


def test_internal_notes_and_approvals_are_never_shown(lin: FlaskClient, people: Cast) -> None:
    no = accepted(people)
    with transaction():
        service.note(people.officer.actor, no, c.Say(body="这位同学上周也来过"))
    with transaction():
        service.save_options(people.head.actor, "logistics", c.SaveOptions(needs_approval=True))
    with transaction():
        service.answer(people.officer.actor, no, c.WriteAnswer(body="还没审的答复", outcome="solved"))
    page = text(lin, no)
    assert "这位同学上周也来过" not in page
    assert "还没审的答复" not in page


def test_progress_is_told_with_who_wrote_it(lin: FlaskClient, people: Cast) -> None:
    no = accepted(people)
    with transaction():
        service.progress(people.officer.actor, no, c.Say(body="配件上午已领，今天晚自习前装好。"))
    page = text(lin, no)
    assert "后勤处有进展" in page
    assert "郑老师：配件上午已领" in page


def test_the_page_reads_in_english_too(lin: FlaskClient, people: Cast) -> None:
    no = asked(people)
    page = lin.get(f"/feedback/{no}?lang=en")
    assert page.status_code == 200
    assert 'lang="en"' in page.text


# --- writing back -----------------------------------------------------------------------------------------------


def test_what_was_asked_once_stands_first_and_is_answered_there(lin: FlaskClient, people: Cast) -> None:
    no = asked(people)
    page = text(lin, no)
    assert page.index("请告诉我们是哪一级台阶") < page.index("谁在负责")
    assert "计时暂停" in page
    answer = post(lin, no, "messages", body="第三级台阶旁边，照片在这里", photo_files=[_picture()])
    assert (answer.status_code, answer.location) == (303, f"/feedback/{no}?done=message")
    row = case(no)
    assert row.state is CaseState.IN_PROGRESS
    (message,) = [m for m in queries.messages(row.id) if m.kind is MessageKind.SENDER]
    assert len(media.photos_of("feedback_message", [message.id])[message.id]) == 1
    page = lin.get(answer.location).text
    assert "第三级台阶旁边" in page
    assert f'name="draft-done" content="say-{no}"' in page


def _picture() -> tuple[io.BytesIO, str]:
    return io.BytesIO(phone_photo(640, 480)), "灯.jpg"


def test_an_empty_word_is_asked_for_on_the_page(lin: FlaskClient, people: Cast) -> None:
    no = accepted(people)
    answer = post(lin, no, "messages", body="")
    assert answer.status_code == 422
    assert answer.text.count('name="body"') == 1


def test_a_word_sent_twice_is_said_once(lin: FlaskClient, people: Cast) -> None:
    no = accepted(people)
    action = f"/feedback/{no}/messages"
    data = form(lin.get(f"/feedback/{no}"), action, body="还有一盏也不亮")
    lin.post(action, data=data)
    lin.post(action, data=data)
    assert len(queries.messages(case(no).id)) == 1


def test_withdrawing_ends_it(lin: FlaskClient, people: Cast) -> None:
    no = accepted(people)
    assert post(lin, no, "withdraw", reason="自己好了").status_code == 303
    assert case(no).state is CaseState.WITHDRAWN
    page = text(lin, no)
    assert "你撤回了" in page
    assert "最晚答复" not in page


# --- the answer -------------------------------------------------------------------------------------------------


def test_the_answer_says_what_it_came_to_and_asks_for_a_verdict(lin: FlaskClient, people: Cast) -> None:
    no = answered(people)
    page = text(lin, no)
    assert "灯已经换好，请今晚看看。" in page
    assert "已解决" in page
    assert "在答应的时间之内" in page
    answer = post(lin, no, "verdict", solved="1", rating="5", text="很快")
    assert answer.location == f"/feedback/{no}?done=verdict"
    row = case(no)
    assert (row.solved, row.rating, row.rating_text, row.state) == (True, 5, "很快", CaseState.CLOSED)
    page = text(lin, no)
    assert "你说解决了" in page
    assert "解决了吗" not in page


def test_a_verdict_needs_a_word_on_solved(lin: FlaskClient, people: Cast) -> None:
    no = answered(people)
    answer = lin.post(f"/feedback/{no}/verdict", data={"rating": "3", "text": "一般"})
    assert answer.status_code == 422
    assert "一般" in answer.text
    assert case(no).rated_at is None


def test_unhappy_means_one_reopening_to_somebody_else(lin: FlaskClient, people: Cast) -> None:
    no = answered(people)
    post(lin, no, "verdict", solved="0", rating="1")
    assert "不满意，重新办理" in text(lin, no)
    assert post(lin, no, "reopen", reason="又不亮了").status_code == 303
    row = case(no)
    assert (row.state, row.assignee_id) == (CaseState.REOPENED, None)
    page = text(lin, no)
    assert "又不亮了" in page
    assert "重新办理，期限从这时另算" in page
    with transaction():
        service.answer(people.colleague.actor, no, c.WriteAnswer(body="这次换了线路。", outcome="solved"))
    page = text(lin, no)
    assert "这次换了线路。" in page
    assert "不满意，重新办理" not in page
    again = lin.post(f"/feedback/{no}/reopen", data={"reason": "还要一次"})
    assert again.status_code == 409
    assert "每件事可以重新办理一次" in again.text
    assert "还要一次" in again.text


def test_who_was_merged_gets_the_one_answer_with_the_names_stripped(lin: FlaskClient, people: Cast) -> None:
    mine, other = accepted(people), accepted(people, people.zhou)
    with transaction():
        service.merge(people.officer.actor, mine, c.MergeCase(into=other))
    assert "一起办，答复也一起给你" in text(lin, mine)
    with transaction():
        words = c.WriteAnswer(body="周老师说已经换好，电话 13800138000。", outcome="solved")
        service.answer(people.officer.actor, other, words)
    page = text(lin, mine)
    assert "已经换好" in page
    assert "13800138000" not in page
    assert other not in page


# --- whose it is ------------------------------------------------------------------------------------------------


def test_for_everybody_else_it_does_not_exist(client: FlaskClient, people: Cast, sign_in: SignIn) -> None:
    no = accepted(people)
    assert client.get(f"/feedback/{no}").location == f"/sign-in?next=/feedback/{no}"
    for person in (people.wu, people.officer, people.coordinator, people.admin):
        other = sign_in(client, person)
        assert other.get(f"/feedback/{no}").status_code == 404
        for step in ("messages", "verdict", "reopen", "withdraw"):
            assert other.post(f"/feedback/{no}/{step}", data={"body": "我来写"}).status_code == 404
    assert client.get("/feedback/2611-F9999").status_code == 404


def test_ones_photos_are_shown_and_those_of_notes_are_not(lin: FlaskClient, people: Cast) -> None:
    mine, internal = photo(people.lin), photo(people.officer)
    no = routed(people, photos=[mine])
    with transaction():
        service.accept(people.officer.actor, no)
    with transaction():
        service.note(people.officer.actor, no, c.Say(body="现场", photos=[internal]))
    assert f"/photos/{mine}/320.jpg" in text(lin, no)
    assert lin.get(f"/photos/{mine}/320.jpg").status_code == 200
    assert lin.get(f"/photos/{internal}/320.jpg").status_code == 404


def test_my_page_lists_my_cases_those_first_that_wait_for_me(lin: FlaskClient, people: Cast) -> None:
    waits, runs = asked(people), accepted(people, title="走廊的灯也不亮")
    page = lin.get("/me")
    assert links(page, "/feedback/2") == [f"/feedback/{waits}", f"/feedback/{runs}"]
    due = case(runs).answer_due_at
    assert due is not None
    assert f"{fmt_when(due)} 前答复" in page.text
    assert "等你补充" in page.text


def test_a_case_with_a_long_story_costs_no_more_queries(lin: FlaskClient, people: Cast) -> None:
    no = accepted(people)
    for n in range(6):
        with transaction():
            service.progress(people.officer.actor, no, c.Say(body=f"第{n}次进展"))
    with counted() as statements:
        assert lin.get(f"/feedback/{no}").status_code == 200
    assert len(statements) <= 16, statements


def test_a_long_text_without_blanks_is_shown_whole(lin: FlaskClient, people: Cast) -> None:
    body = "没有空格的长句子，" * 60 + "W" * 200
    no = sent(people.lin, body=body, title="")
    assert body in text(lin, no)
    assert LAMP["title"] not in text(lin, no)
