"""The public steps of a case, and a word that its sender adds from a program."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from campus_service.core.clock import now, to_local
from campus_service.core.db import db, transaction
from campus_service.feedback import queries, service
from campus_service.feedback.commands import DecideHandover, GiveVerdict, OfferCase, PublishAnswer, Say
from campus_service.feedback.models import PublicAnswer
from campus_service.feedback.states import MessageKind
from campus_service.media import service as media
from tests.conftest import Cast, Person
from tests.feedback.open311.conftest import Program
from tests.feedback.stories import accepted, anonymous, answered, case, sent
from tests.media.pictures import encoded, quarters

SECRET = "电工王五说要等配件"


def test_the_steps_of_a_case_are_told_without_what_was_written_in_them(
    program: Program, people: Cast
) -> None:
    no = accepted(people, consent=True)
    with transaction():
        service.progress(people.officer.actor, no, Say(body=SECRET))
        service.note(people.officer.actor, no, Say(body=SECRET))
        service.offer(people.officer.actor, no, OfferCase(to="library", reason=SECRET))
    with transaction():
        service.decide_handover(people.librarian.actor, no, DecideHandover(accept=True, reason=SECRET))
    told = program.read("servicerequestupdates")
    assert [each["description"] for each in told] == [
        "收到了。", "后勤处接手了。", "后勤处写了处理情况。", "转由图书馆负责。",
    ]  # fmt: skip
    assert {each["service_request_id"] for each in told} == {no}
    assert list(told[0]) == ["update_id", "service_request_id", "status", "description", "updated_datetime"]
    assert len({each["update_id"] for each in told}) == 4
    tree = program.tree("servicerequestupdates")
    assert (tree.tag, tree[0].tag) == ("service_request_updates", "request_update")
    assert [each.findtext("description") for each in tree] == [each["description"] for each in told]
    assert SECRET not in program.get("servicerequestupdates.xml").text


def test_an_answer_closes_and_its_words_are_told_once_they_are_public(program: Program, people: Cast) -> None:
    no = answered(people, consent=True)
    told = program.read("servicerequestupdates", service_request_id=no)
    assert [each["status"] for each in told] == ["open", "open", "closed"]
    assert told[-1]["description"] == "后勤处答复了。"
    suggestion = db.session.scalars(select(PublicAnswer)).one()
    with transaction():
        service.publish_answer(
            people.coordinator.actor,
            suggestion.id,
            PublishAnswer(title="楼梯口的灯", question="灯不亮", answer="已经换好。"),
        )
        service.give_verdict(people.lin.actor, no, GiveVerdict(solved=True, rating=5, text=SECRET))
    told = program.read("servicerequestupdates", service_request_id=no)
    assert [each["description"] for each in told][-2:] == ["后勤处答复了：已经换好。", "办结了。"]


def test_private_and_anonymous_cases_tell_nothing(program: Program, people: Cast) -> None:
    sent(people.lin)
    anonymous(people.zhou, consent=True)
    assert program.read("servicerequestupdates") == []


def test_a_period_needs_both_ends(program: Program) -> None:
    program.number()
    start, end = (to_local(now() + timedelta(days=days)).isoformat() for days in (-3, 1))
    assert len(program.read("servicerequestupdates", start_date=start, end_date=end)) == 1
    before = to_local(now() - timedelta(days=2)).isoformat()
    assert program.read("servicerequestupdates", start_date=start, end_date=before) == []
    for one, other in (("start_date", "end_date"), ("end_date", "start_date")):
        (error,) = program.get("servicerequestupdates.json", **{one: start}).get_json()
        assert (error["code"], error["description"][:8]) == (400, other[:8])
        assert program.get("servicerequestupdates.xml", **{one: start}).status_code == 400


def test_updates_come_in_pages(program: Program, people: Cast) -> None:
    no = answered(people, consent=True)
    everything = [each["update_id"] for each in program.read("servicerequestupdates", service_request_id=no)]
    pages = [program.read("servicerequestupdates", page_size="2", page=page) for page in "12"]
    assert [[each["update_id"] for each in page] for page in pages] == [everything[:2], everything[2:]]


# --- a word of the sender's -------------------------------------------------------------------------------------


@pytest.mark.parametrize("format", ["json", "xml"])
def test_the_sender_adds_a_word_with_a_photo_and_a_link(program: Program, format: str) -> None:
    no = program.number()
    answer = program.post(
        f"servicerequestupdates.{format}",
        service_request_id=no,
        description="今天又漏了",
        media_url="https://pictures.example/b.jpg",
        media=(io.BytesIO(encoded(quarters())), "b.jpg"),
        update_id="theirs-1",
    )
    assert answer.status_code == 200
    told = program.read("servicerequestupdates", service_request_id=no)[-1]
    assert told["description"] == "同学补充了情况。"
    if format == "json":
        assert answer.get_json() == [{"update_id": told["update_id"]}]
    else:
        assert f"<request_update><update_id>{told['update_id']}</update_id></request_update>" in answer.text
    (message,) = queries.messages(case(no).id)
    assert (message.kind, message.body) == (
        MessageKind.SENDER,
        "今天又漏了\n图片链接：https://pictures.example/b.jpg",
    )
    assert len(media.photos_of("feedback_message", [message.id])[message.id]) == 1


def test_nobody_else_adds_a_word(
    program: Program, program_of: Callable[[Person], Program], people: Cast
) -> None:
    no = program.number()
    nameless = anonymous(people.zhou).no
    for person in (people.zhou, people.officer, people.coordinator):
        other = program_of(person)
        for each in (no, nameless, "2611-F9999", "x" * 200):
            answer = other.post(
                "servicerequestupdates.json", service_request_id=each, description="我也说一句"
            )
            assert answer.get_json()[0]["code"] == 404, (person.name, each)
    assert queries.messages(case(no).id) == []


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"description": "又漏了"}, "service_request_id"),
        ({"description": "又漏了", "service_request_id": "\0"}, "service_request_id"),
        ({"service_request_id": "{no}"}, "description"),
        ({"service_request_id": "{no}", "description": "长" * 4001}, "description"),
        ({"service_request_id": "{no}", "description": "看", "media_url": "javascript:1"}, "media_url"),
    ],
)
def test_a_word_that_lacks_something_is_refused(program: Program, form: dict[str, str], field: str) -> None:
    no = program.number()
    answer = program.post("servicerequestupdates.json", **{k: v.replace("{no}", no) for k, v in form.items()})
    assert answer.status_code == 400
    assert answer.get_json()[0]["description"].startswith(f"{field}: ")


def test_a_case_that_is_over_takes_no_more_words(program: Program, people: Cast) -> None:
    no = answered(people, consent=True)
    with transaction():
        service.give_verdict(people.lin.actor, no, GiveVerdict(solved=True))
    answer = program.post("servicerequestupdates.xml", service_request_id=no, description="谢谢师傅")
    assert answer.status_code == 409
    assert "<errors><error><code>409</code><description>" in answer.text
