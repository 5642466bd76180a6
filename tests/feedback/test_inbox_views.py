"""The officers' pages without JavaScript: the list, every step on a case, both texts in a conflict, templates, calls."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from campus_service.core.audit import AuditEntry
from campus_service.core.clock import now
from campus_service.core.db import db, transaction
from campus_service.feedback import queries, service
from campus_service.feedback.commands import SaveOptions, Say, WriteAnswer
from campus_service.feedback.models import AnswerTemplate, Case
from campus_service.feedback.states import CaseState, Clock, EventType, Kind, MessageKind
from tests.conftest import Cast, Person
from tests.everything import photo
from tests.feedback.stories import LAMP, accepted, anonymous, answered, asked, case, routed, sent

SignIn = Callable[[FlaskClient, Person], FlaskClient]
ANSWER = {"as": "answer", "body": "灯已经换好，请今晚看看。", "outcome": "solved"}


@pytest.fixture
def officer(client: FlaskClient, people: Cast, sign_in: SignIn) -> FlaskClient:
    """郑老师 at his desk."""
    return sign_in(client, people.officer)


@pytest.fixture
def at_desk(app: Flask, sign_in: SignIn) -> Callable[[Person], FlaskClient]:
    """Somebody else at his own desk."""
    return lambda person: sign_in(app.test_client(), person)


def text(answer: TestResponse, status: int = 200) -> str:
    """The page's text."""
    assert answer.status_code == status, answer.status_code
    return html.unescape(answer.text)


def approval(people: Cast) -> None:
    with transaction():
        service.save_options(people.head.actor, "logistics", SaveOptions(needs_approval=True))


def events(no: str) -> list[EventType]:
    return [event.type for event in queries.events(case(no).id)]


# --- the list ---------------------------------------------------------------------------------------------------


def test_the_list_shows_what_waits_with_its_clock_and_who_has_it(officer: FlaskClient, people: Cast) -> None:
    new, mine = routed(people), accepted(people, people.zhou, title="路灯不亮")
    page = text(officer.get("/inbox"))
    for words in (new, mine, "等待接手", "郑老师", "待接手", "剩 "):
        assert words in page
    assert f'href="/inbox/{mine}"' in page


def test_an_empty_inbox_says_so(officer: FlaskClient) -> None:
    assert "这里都办完了" in text(officer.get("/inbox"))
    assert "没有找到“独角兽”" in text(officer.get("/inbox?q=独角兽"))


def test_the_chips_narrow_the_list_and_an_unknown_one_does_not(officer: FlaskClient, people: Cast) -> None:
    new, paused = routed(people), asked(people, person=people.zhou)
    page = text(officer.get("/inbox?filter=waiting"))
    assert paused in page
    assert new not in page
    assert "暂停，等同学回话" in page
    assert new in text(officer.get("/inbox?filter=nonsense&kind=nothing&area=nowhere"))


@pytest.mark.parametrize(
    ("clock", "minutes", "words"),
    [
        (Clock.SAFETY_ACK, 14.5, "15 分钟内回应"),
        (Clock.SAFETY_ACT, 59.5, "1 小时内到场"),
        (Clock.SAFETY_ACT, -60.5, "超 1 小时"),
        (Clock.SAFETY_ACT, -60 * 49, "超 2 天"),
        (Clock.ANSWER, -0.1, "刚超时"),
    ],
)
def test_a_clock_is_told_in_words(
    officer: FlaskClient, people: Cast, clock: Clock, minutes: float, words: str
) -> None:
    no = accepted(people)
    with transaction() as session:
        due = {"next_clock": clock, "next_due_at": now() + timedelta(minutes=minutes)}
        session.execute(update(Case).where(Case.no == no).values(**due))
    assert words in text(officer.get("/inbox"))


def test_another_department_meets_neither_list_nor_case(
    people: Cast, at_desk: Callable[[Person], FlaskClient]
) -> None:
    no = accepted(people)
    desk = at_desk(people.librarian)
    assert no not in text(desk.get("/inbox"))
    for path in ("", "/answering"):
        assert desk.get(f"/inbox/{no}{path}").status_code == 404
    for step in ("accept", "return", "offer", "assign", "extend", "change", "merge", "say", "decide"):
        assert desk.post(f"/inbox/{no}/{step}", data={"as": "note", "body": "看看"}).status_code in (
            404,
            422,
        ), step
    assert queries.messages(case(no).id, notes=True) == []


# --- a case -----------------------------------------------------------------------------------------------------


def test_a_case_shows_the_senders_words_the_promise_and_why_it_is_here(
    officer: FlaskClient, people: Cast
) -> None:
    key = photo(people.lin)
    no = routed(people, photos=[key])
    with transaction() as session:
        session.execute(update(Case).where(Case.no == no).values(followers=3))
    page = text(officer.get(f"/inbox/{no}"))
    for words in (
        LAMP["body"],
        people.lin.name,
        "另有 3 人也遇到",
        "最晚答复",
        "为什么在这里",
        "3 个工作日",
        key,
    ):
        assert words in page


def test_an_anonymous_sender_is_nobody(officer: FlaskClient, people: Cast) -> None:
    no = anonymous(people.lin).no
    with transaction() as session:
        session.execute(
            update(Case).where(Case.no == no).values(department_code="logistics", state=CaseState.ROUTED)
        )
    page = text(officer.get(f"/inbox/{no}"))
    assert "不留名字" in page
    assert people.lin.name not in page


def test_htmx_gets_the_case_alone(officer: FlaskClient, people: Cast) -> None:
    no = routed(people)
    page = text(officer.get(f"/inbox/{no}", headers={"HX-Request": "true"}))
    assert LAMP["body"] in page
    assert "<html" not in page


def test_the_sender_is_not_let_in_by_the_staffs_door(
    people: Cast, at_desk: Callable[[Person], FlaskClient]
) -> None:
    assert at_desk(people.lin).get(f"/inbox/{routed(people)}").status_code == 403


def test_a_coordinator_sees_the_case_without_a_list(
    people: Cast, at_desk: Callable[[Person], FlaskClient]
) -> None:
    page = text(at_desk(people.coordinator).get(f"/inbox/{accepted(people)}"))
    assert LAMP["body"] in page
    assert "到分办台看" in page
    assert at_desk(people.coordinator).get("/inbox").status_code == 403


def test_a_report_is_for_its_reader(people: Cast, at_desk: Callable[[Person], FlaskClient]) -> None:
    reader = at_desk(people.auditor)
    no = sent(people.lin, kind="report", accused_department="logistics", title="收了红包")
    assert "收了红包" in text(reader.get("/inbox"))
    assert reader.post(f"/inbox/{no}/accept").status_code == 303
    assert reader.post(f"/inbox/{no}/say", data=ANSWER).status_code == 303
    assert case(no).state is CaseState.ANSWERED
    for person in (people.officer, people.coordinator):
        assert at_desk(person).get(f"/inbox/{no}").status_code == 404


# --- steps ------------------------------------------------------------------------------------------------------


def test_accept_progress_and_answer(officer: FlaskClient, people: Cast) -> None:
    no = routed(people)
    assert officer.post(f"/inbox/{no}/accept").status_code == 303
    said = officer.post(f"/inbox/{no}/say", data={"as": "progress", "body": "已派工，换感应头。"})
    assert said.location == f"/inbox/{no}?said=1"
    assert f'name="draft-done" content="case-{no}"' in text(officer.get(said.location))
    officer.post(f"/inbox/{no}/say", data=ANSWER)
    assert case(no).state is CaseState.ANSWERED
    page = text(officer.get(f"/inbox/{no}"))
    assert "郑老师 · 进展" in page
    assert ANSWER["body"] in page


def test_the_filter_stays_while_one_works_through_it(officer: FlaskClient, people: Cast) -> None:
    no = routed(people)
    assert officer.post(f"/inbox/{no}/accept?filter=late&kind=request").location == (
        f"/inbox/{no}?filter=late&kind=request"
    )


def test_what_is_returned_leaves_the_list(officer: FlaskClient, people: Cast) -> None:
    no = routed(people)
    refused = officer.post(f"/inbox/{no}/return", data={"reason": ""})
    assert "为什么不归本部门" in text(refused, 422)
    gone = officer.post(f"/inbox/{no}/return", data={"reason": "是图书馆里的灯", "suggested": "library"})
    assert gone.location == "/inbox"
    assert case(no).state is CaseState.RETURNED


def test_a_hand_over_waits_for_the_other_department(
    officer: FlaskClient, people: Cast, at_desk: Callable[[Person], FlaskClient]
) -> None:
    no, other = accepted(people), at_desk(people.librarian)
    officer.post(f"/inbox/{no}/offer", data={"to": "library", "reason": "灯在图书馆里面"})
    assert "在等图书馆接手" in text(officer.get(f"/inbox/{no}"))
    assert "灯在图书馆里面" in text(other.get(f"/inbox/{no}"))
    refused = other.post(f"/inbox/{no}/handover", data={"accept": "0", "reason": ""})
    assert "不接要写理由" in text(refused, 422)
    other.post(f"/inbox/{no}/handover", data={"accept": "1"})
    row = case(no)
    assert (row.department_code, row.first_department) == ("library", "logistics")
    page = text(other.get(f"/inbox/{no}"))
    assert "后勤处 → 图书馆" in page
    assert "转自后勤处" in page


def test_everything_missing_is_asked_for_once(officer: FlaskClient, people: Cast) -> None:
    no = accepted(people)
    officer.post(f"/inbox/{no}/say", data={"as": "ask", "body": "是哪一级台阶？请拍一张照片。"})
    assert case(no).paused
    page = text(officer.get(f"/inbox/{no}"))
    assert "等同学" in page
    assert 'value="ask"' not in page
    again = officer.post(f"/inbox/{no}/say", data={"as": "ask", "body": "还要一张照片"})
    assert "只能一次性告知一回" in text(again, 409)
    assert "还要一张照片" in again.text


def test_a_note_reaches_the_colleague_it_names(officer: FlaskClient, people: Cast) -> None:
    no = accepted(people)
    officer.post(f"/inbox/{no}/say", data={"as": "note", "body": f"@{people.colleague.name} 下午去看看"})
    note = queries.messages(case(no).id, notes=True)[0]
    assert (note.kind, note.mentions) == (MessageKind.NOTE, [people.colleague.id])
    assert f"@{people.head.name}" in text(officer.get(f"/inbox/{no}"))


def test_photos_hang_on_what_was_said(officer: FlaskClient, people: Cast) -> None:
    no, key = accepted(people), photo(people.officer)
    officer.post(f"/inbox/{no}/say", data={"as": "progress", "body": "换好了一半。", "photos": [key]})
    assert key in officer.get(f"/inbox/{no}").text


def test_an_answer_sent_eight_times_is_one(officer: FlaskClient, people: Cast) -> None:
    no = accepted(people)
    form = {"as": "progress", "body": "已派工。", "request_key": "k" * 32}
    assert {officer.post(f"/inbox/{no}/say", data=form).status_code for _time in range(8)} == {303}
    assert events(no).count(EventType.PROGRESS) == 1


@pytest.mark.parametrize("outcome", ["not_ours", "declined"])
def test_not_ours_and_declined_say_whose_or_by_which_rule(
    officer: FlaskClient, people: Cast, outcome: str
) -> None:
    no = accepted(people)
    form = ANSWER | {"outcome": outcome}
    refused = text(officer.post(f"/inbox/{no}/say", data=form), 422)
    assert ANSWER["body"] in refused
    officer.post(f"/inbox/{no}/say", data=form | {"outcome_detail": "市政路灯管理所，电话 0000-1234"})
    assert "市政路灯管理所" in text(officer.get(f"/inbox/{no}"))


def test_extend_assign_and_correct(officer: FlaskClient, people: Cast) -> None:
    no = accepted(people)
    assert "最多 3 个工作日" in text(
        officer.post(f"/inbox/{no}/extend", data={"days": 9, "reason": "等配件"}), 422
    )
    officer.post(f"/inbox/{no}/extend", data={"days": 2, "reason": "等配件"})
    officer.post(f"/inbox/{no}/assign", data={"user_id": people.colleague.id})
    officer.post(f"/inbox/{no}/change", data={"kind": "complaint", "urgent": "1", "title": "三教的灯"})
    row = case(no)
    assert row.assignee_id == people.colleague.id
    assert (row.kind, row.urgent, row.title) == (Kind.COMPLAINT, True, "三教的灯")
    page = text(officer.get(f"/inbox/{no}"))
    for words in ("延期 2 个工作日", "交给陈师傅办", "类别由求助改为投诉", "标为紧急", "已到场"):
        assert words in page


def test_merge_link_and_split(officer: FlaskClient, people: Cast) -> None:
    one, two, three = accepted(people), accepted(people, people.zhou), accepted(people, people.wu)
    officer.post(f"/inbox/{one}/link", data={"other": three})
    officer.post(f"/inbox/{two}/merge", data={"into": one})
    assert case(two).state is CaseState.MERGED
    nobody = officer.post(f"/inbox/{one}/split", data={"part_department": [""], "part_body": [""]})
    assert nobody.status_code == 422
    officer.post(
        f"/inbox/{one}/split", data={"part_department": ["library", ""], "part_body": ["查一下借书区", ""]}
    )
    page = text(officer.get(f"/inbox/{one}"))
    for words in ("并进来的", "有关的", "拆给别的部门的"):
        assert words in page


def test_a_step_that_does_not_exist_is_not_there(officer: FlaskClient, people: Cast) -> None:
    no = accepted(people)
    assert officer.post(f"/inbox/{no}/fly").status_code == 404
    assert officer.post(f"/inbox/{no}/say", data={"as": "song", "body": "啦啦啦"}).status_code == 422


# --- the head ---------------------------------------------------------------------------------------------------


def test_the_head_sends_an_answer_back_and_lets_the_next_one_go(
    officer: FlaskClient, people: Cast, at_desk: Callable[[Person], FlaskClient]
) -> None:
    approval(people)
    no, head = accepted(people), at_desk(people.head)
    assert "负责人审过才发给同学" in text(officer.get(f"/inbox/{no}"))
    officer.post(f"/inbox/{no}/say", data=ANSWER)
    assert no in text(head.get("/inbox?filter=approval"))
    page = text(head.get(f"/inbox/{no}"))
    assert page.count(LAMP["body"]) >= 2  # as sent, and beside the answer
    head.post(f"/inbox/{no}/decide", data={"approve": "0", "reason": "写上换灯的日期"})
    page = text(officer.get(f"/inbox/{no}"))
    assert "写上换灯的日期" in page
    assert f"\n{ANSWER['body']}</textarea>" in page
    officer.post(f"/inbox/{no}/say", data=ANSWER | {"body": "今天下午已经换好。"})
    head.post(f"/inbox/{no}/decide", data={"approve": "1"})
    assert case(no).state is CaseState.ANSWERED


def test_an_officer_does_not_approve(officer: FlaskClient, people: Cast) -> None:
    approval(people)
    no = accepted(people)
    officer.post(f"/inbox/{no}/say", data=ANSWER)
    assert officer.post(f"/inbox/{no}/decide", data={"approve": "1"}).status_code == 403
    assert case(no).state is not CaseState.ANSWERED


# --- two at once ------------------------------------------------------------------------------------------------


def test_both_texts_are_shown_when_the_case_changed_meanwhile(officer: FlaskClient, people: Cast) -> None:
    no = accepted(people)
    version = case(no).version
    with transaction():
        service.progress(people.colleague.actor, no, Say(body="我已经去换灯了。"))
    late = officer.post(f"/inbox/{no}/say", data=ANSWER | {"version": str(version)})
    page = text(late, 409)
    for words in ("现在案卷里的", "我已经去换灯了。", "你写的，还没有发出"):
        assert words in page
    assert page.count(ANSWER["body"]) == 2  # beside the other text, and in the box
    fresh = re.search(r'name="version" value="(\d+)"', late.text)
    assert fresh
    officer.post(f"/inbox/{no}/say", data=ANSWER | {"version": fresh[1]})
    assert case(no).state is CaseState.ANSWERED


def test_both_texts_are_shown_when_somebody_answered_first(officer: FlaskClient, people: Cast) -> None:
    no = accepted(people)
    with transaction():
        first = WriteAnswer(body="我是另一位，已经答了。", outcome="answered")
        service.answer(people.colleague.actor, no, first)
    page = text(officer.post(f"/inbox/{no}/say", data=ANSWER), 409)
    assert "我是另一位，已经答了。" in page
    assert page.count(ANSWER["body"]) == 2
    assert 'value="note" checked' in page  # what is left to do with it


def test_what_was_written_survives_a_hand_over_in_between(
    officer: FlaskClient, people: Cast, at_desk: Callable[[Person], FlaskClient]
) -> None:
    no = accepted(people)
    officer.post(f"/inbox/{no}/offer", data={"to": "library", "reason": "灯在图书馆里面"})
    at_desk(people.librarian).post(f"/inbox/{no}/handover", data={"accept": "1"})
    page = text(officer.post(f"/inbox/{no}/say", data=ANSWER), 403)
    assert page.count(ANSWER["body"]) == 2


def test_others_see_who_is_writing(
    officer: FlaskClient, people: Cast, at_desk: Callable[[Person], FlaskClient]
) -> None:
    no, other = accepted(people), at_desk(people.colleague)
    assert "正在写" not in text(other.get(f"/inbox/{no}/answering"))
    assert "正在写" not in text(officer.post(f"/inbox/{no}/answering"))
    assert "郑老师正在写答复" in text(other.get(f"/inbox/{no}/answering"))
    assert "郑老师正在写答复" in text(other.get(f"/inbox/{no}"))
    version = case(no).version
    assert "有新情况" not in text(other.get(f"/inbox/{no}/answering?version={version}"))
    assert "有新情况" in text(other.get(f"/inbox/{no}/answering?version={version - 1}"))


# --- several at once --------------------------------------------------------------------------------------------


def test_several_cases_go_to_one_officer_or_none_of_them(officer: FlaskClient, people: Cast) -> None:
    mine = [accepted(people), accepted(people, people.zhou)]
    foreign = routed(people, people.wu, "library", title="借书机坏了")
    form: dict[str, Any] = {"user_id": people.colleague.id, "numbers": [*mine, foreign]}
    assert officer.post("/inbox/assign", data=form).status_code == 404
    assert {case(no).assignee_id for no in mine} == {people.officer.id}
    assert officer.post("/inbox/assign", data=form | {"user_id": people.lin.id}).status_code in (404, 422)
    officer.post("/inbox/assign", data=form | {"numbers": mine})
    assert {case(no).assignee_id for no in mine} == {people.colleague.id}


def test_nothing_chosen_is_said(officer: FlaskClient, people: Cast) -> None:
    accepted(people)
    assert officer.post("/inbox/assign", data={"user_id": people.colleague.id}).status_code == 422


# --- templates and options --------------------------------------------------------------------------------------


def test_a_template_is_written_filled_in_changed_and_deleted(officer: FlaskClient, people: Cast) -> None:
    form = {"name": "已派工", "body": "{name}你好：{place}已派工，编号 {no}，{department}{due}前答复。"}
    assert officer.post("/inbox/templates", data=form).status_code == 303
    row = db.session.scalars(select(AnswerTemplate).where(AnswerTemplate.name == "已派工")).one()
    no = accepted(people)
    page = text(officer.get(f"/inbox/{no}"))
    assert f"林小满你好：第三教学楼 二楼西侧已派工，编号 {no}，后勤处" in page
    officer.post(f"/inbox/templates/{row.id}", data={"name": "派工了", "body": "派了。"})
    assert "派工了" in text(officer.get("/inbox/templates"))
    officer.post(f"/inbox/templates/{row.id}/delete")
    assert "派工了" not in text(officer.get("/inbox/templates"))
    actions = db.session.scalars(select(AuditEntry.action).where(AuditEntry.action.like("template.%"))).all()
    assert actions == ["template.added", "template.saved", "template.deleted"]


def test_a_template_of_others_cannot_be_changed(
    officer: FlaskClient, people: Cast, at_desk: Callable[[Person], FlaskClient]
) -> None:
    officer.post("/inbox/templates", data={"name": "已派工", "body": "已派工。"})
    row = db.session.scalars(select(AnswerTemplate).where(AnswerTemplate.name == "已派工")).one()
    other = at_desk(people.librarian)
    assert other.post(f"/inbox/templates/{row.id}", data={"name": "改", "body": "改了"}).status_code == 404
    assert other.post(f"/inbox/templates/{row.id}/delete").status_code == 404
    form = {"name": "冒充", "body": "冒充的", "department": "logistics"}
    assert other.post("/inbox/templates", data=form).status_code == 403
    assert "已派工" not in text(other.get("/inbox/templates"))


def test_the_head_decides_how_the_department_works(
    officer: FlaskClient, people: Cast, at_desk: Callable[[Person], FlaskClient]
) -> None:
    form = {"department": "logistics", "needs_approval": "1", "contact": "维修科 0000-7111"}
    assert officer.post("/inbox/options", data=form).status_code == 403
    head = at_desk(people.head)
    assert head.post("/inbox/options", data=form | {"department": "library"}).status_code == 403
    assert head.post("/inbox/options", data=form).status_code == 303
    kept = queries.options("logistics")
    assert (kept.needs_approval, kept.contact) == (True, "维修科 0000-7111")
    assert "维修科 0000-7111" in text(head.get("/inbox/options"))


# --- calls and visits -------------------------------------------------------------------------------------------


def test_a_call_is_written_down_with_name_and_number(officer: FlaskClient, people: Cast) -> None:
    form = {
        "channel": "phone",
        "kind": "complaint",
        "body": "食堂二楼的灯闪得眼睛疼",
        "caller_name": "家长王先生",
        "department": "logistics",
    }
    refused = text(officer.post("/inbox/record", data=form), 422)
    assert "投诉和举报要写姓名和电话" in refused
    assert form["body"] in refused
    done = officer.post("/inbox/record", data=form | {"caller_contact": "0000-5555"}, follow_redirects=True)
    assert "交给后勤处" in text(done)
    row = db.session.scalars(select(Case).where(Case.caller_name == "家长王先生")).one()
    page = text(officer.get(f"/inbox/{row.no}"))
    assert "电话 · 家长王先生" in page
    assert "0000-5555" in page


def test_a_report_at_the_counter_goes_to_its_readers(
    officer: FlaskClient, people: Cast, at_desk: Callable[[Person], FlaskClient]
) -> None:
    reader = at_desk(people.auditor)
    form = {
        "channel": "counter",
        "kind": "report",
        "body": "有人收了红包",
        "anonymous": "1",
        "department": "library",
    }
    assert officer.post("/inbox/record", data=form).status_code == 303
    row = db.session.scalars(select(Case).where(Case.kind == Kind.REPORT)).one()
    assert row.department_code is None
    assert row.no in text(reader.get("/inbox"))
    assert officer.get(f"/inbox/{row.no}").status_code == 404


def test_answered_cases_can_still_be_read_and_noted_on(officer: FlaskClient, people: Cast) -> None:
    no = answered(people)
    page = text(officer.get(f"/inbox/{no}"))
    assert "已解决" in page
    assert 'value="answer"' not in page
    assert officer.post(f"/inbox/{no}/say", data={"as": "note", "body": "下周回访"}).status_code == 303


def test_who_has_sent_what_he_wrote_is_no_longer_writing(
    officer: FlaskClient, people: Cast, at_desk: Callable[[Person], FlaskClient]
) -> None:
    approval(people)
    no, other = accepted(people), at_desk(people.colleague)
    for form in ({"as": "progress", "body": "已派工。"}, ANSWER):
        officer.post(f"/inbox/{no}/answering")
        officer.post(f"/inbox/{no}/say", data=form)
        assert "正在写" not in text(other.get(f"/inbox/{no}/answering"))


def test_an_approved_answer_is_its_authors(
    officer: FlaskClient, people: Cast, at_desk: Callable[[Person], FlaskClient]
) -> None:
    approval(people)
    no = accepted(people)
    officer.post(f"/inbox/{no}/say", data=ANSWER)
    at_desk(people.head).post(f"/inbox/{no}/decide", data={"approve": "1"})
    assert "郑老师 · 答复" in text(officer.get(f"/inbox/{no}"))
