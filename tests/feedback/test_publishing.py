"""What becomes public: suggested with names stripped, confirmed by an editor, taken back; and who receives reports."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from campus_service.core.audit import AuditEntry
from campus_service.core.db import db, transaction
from campus_service.core.errors import Conflict, Forbidden, Invalid
from campus_service.feedback import queries, service
from campus_service.feedback.commands import DecidePublicity, NameRecipient, PublishAnswer
from campus_service.feedback.models import PublicAnswer
from campus_service.feedback.service import recipients
from campus_service.feedback.states import Publicity
from campus_service.search.models import SearchDocument
from tests.conftest import Cast, Person
from tests.feedback.queue import PERSONAL, suggestion
from tests.feedback.stories import answered, case, sent

WORDS = {
    "title": "教学楼的灯坏了找谁",
    "question": "教学楼的灯坏了找谁？",
    "answer": "打后勤处电话，当天来修。",
}


@pytest.fixture
def desk(
    client: FlaskClient, people: Cast, sign_in: Callable[[FlaskClient, Person], FlaskClient]
) -> FlaskClient:
    """许老师 at her desk."""
    return sign_in(client, people.coordinator)


def suggested(people: Cast) -> PublicAnswer:
    return db.session.get_one(PublicAnswer, suggestion(people))


def searchable(row: PublicAnswer) -> bool:
    return db.session.get(SearchDocument, f"answer:{row.id}") is not None


def test_names_and_numbers_are_stripped_before_anybody_sees_the_suggestion(people: Cast) -> None:
    row = suggested(people)
    assert "王小明" not in row.question
    assert "13800001234" not in row.question
    assert "张阿姨" not in row.question
    assert {flag["what"] for flag in row.flags} >= {"name", "phone", "person"}
    assert not searchable(row)


def test_without_consent_nothing_is_suggested(people: Cast) -> None:
    no = answered(people, **PERSONAL | {"consent": False})
    assert queries.public_answer_of(case(no).id) is None


def test_the_editor_sees_the_original_beside_the_suggestion(desk: FlaskClient, people: Cast) -> None:
    row = suggested(people)
    page = desk.get(f"/triage/public/{row.id}").text
    assert '<mark class="m1">13800001234</mark>' in page
    assert "〔电话〕" in page
    assert PERSONAL["title"] in desk.get("/triage/public").text


def test_an_editor_confirms_it_in_his_own_words(desk: FlaskClient, people: Cast) -> None:
    row = suggested(people)
    answer = desk.post(f"/triage/public/{row.id}", data=WORDS | {"faq": "1", "version": str(row.version)})
    assert answer.status_code == 303
    db.session.refresh(row)
    assert (row.question, row.faq, row.published_by) == (WORDS["question"], True, people.coordinator.id)
    assert searchable(row)
    assert WORDS["title"] in desk.get("/triage/public?shelf=published").text


def test_what_still_looks_personal_is_said_after_publishing(desk: FlaskClient, people: Cast) -> None:
    row = suggested(people)
    data = WORDS | {"answer": "请打 13800001234 找值班的人"}
    page = desk.post(f"/triage/public/{row.id}", data=data, follow_redirects=True)
    assert "像个人信息" in page.text


def test_taking_it_back_takes_it_out_of_the_search_at_once(desk: FlaskClient, people: Cast) -> None:
    row = suggested(people)
    desk.post(f"/triage/public/{row.id}", data=WORDS)
    desk.post(f"/triage/public/{row.id}/retract")
    db.session.refresh(row)
    assert row.published_at is None
    assert not searchable(row)
    assert WORDS["title"] in desk.get("/triage/public?shelf=aside").text
    assert WORDS["title"] not in desk.get("/triage/public").text


def test_of_two_editors_the_second_is_told_and_keeps_his_words(desk: FlaskClient, people: Cast) -> None:
    row = suggested(people)
    stale = row.version
    with transaction():
        service.publish_answer(people.coordinator.actor, row.id, PublishAnswer.model_validate(WORDS))
    late = desk.post(f"/triage/public/{row.id}", data=WORDS | {"answer": "迟来的写法", "version": str(stale)})
    assert late.status_code == 409
    assert "迟来的写法" in late.text


def test_an_empty_answer_is_refused_with_what_was_typed(desk: FlaskClient, people: Cast) -> None:
    row = suggested(people)
    refused = desk.post(f"/triage/public/{row.id}", data=WORDS | {"answer": ""})
    assert refused.status_code == 422
    assert WORDS["question"] in refused.text


# --- flagged texts ----------------------------------------------------------------------------------------------


def test_a_flagged_text_waits_and_is_public_only_after_a_look(desk: FlaskClient, people: Cast) -> None:
    no = sent(people.lin, **PERSONAL)
    assert case(no).publicity is Publicity.FLAGGED
    page = desk.get("/triage/public").text
    assert '<mark class="m1">13800001234</mark>' in page
    desk.post(f"/triage/public/cases/{no}", data={"public": "1"})
    assert case(no).publicity is Publicity.PUBLIC
    document = db.session.get(SearchDocument, f"case:{case(no).id}")
    assert document is not None
    assert "13800001234" not in document.text


def test_a_flagged_text_may_stay_private(desk: FlaskClient, people: Cast) -> None:
    no = sent(people.lin, **PERSONAL)
    desk.post(f"/triage/public/cases/{no}", data={"public": "0"})
    assert case(no).publicity is Publicity.PRIVATE


def test_a_flagged_text_is_decided_on_once(people: Cast) -> None:
    no = sent(people.lin, **PERSONAL)
    with transaction():
        service.decide_publicity(people.coordinator.actor, no, DecidePublicity(public=False))
    with pytest.raises(Conflict), transaction():
        service.decide_publicity(people.coordinator.actor, no, DecidePublicity(public=True))


# --- who receives reports ---------------------------------------------------------------------------------------


def test_an_administrator_names_who_receives_reports(
    client: FlaskClient, people: Cast, sign_in: Callable[[FlaskClient, Person], FlaskClient]
) -> None:
    admin = sign_in(client, people.admin)
    admin.post("/triage/recipients", data={"account": people.librarian.email})
    assert queries.report_recipients(None) == [people.librarian.id]
    assert people.librarian.name in admin.get("/triage/recipients").text
    admin.post(f"/triage/recipients/{people.librarian.id}/remove")
    assert queries.report_recipients(None) == []
    noted = db.session.scalars(
        select(AuditEntry.action).where(AuditEntry.action.startswith("recipient."))
    ).all()
    assert sorted(noted) == ["recipient.named", "recipient.removed"]


def test_nobody_is_named_twice_and_nobody_unknown(people: Cast) -> None:
    actor = people.admin.actor
    with transaction():
        recipients.add_recipient(actor, NameRecipient(account=people.librarian.email))
    with pytest.raises(Conflict), transaction():
        recipients.add_recipient(actor, NameRecipient(account=people.librarian.email))
    with pytest.raises(Invalid), transaction():
        recipients.add_recipient(actor, NameRecipient(account="nobody@campus.test"))


def test_the_coordinator_does_not_name_them(desk: FlaskClient, people: Cast) -> None:
    assert desk.get("/triage/recipients").status_code == 403
    with pytest.raises(Forbidden), transaction():
        recipients.add_recipient(people.coordinator.actor, NameRecipient(account=people.lin.email))
