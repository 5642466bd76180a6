"""Changing a report: its words follow everywhere, and what a claim is compared with stays."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from campus_service.core.audit import AuditEntry
from campus_service.core.clock import today
from campus_service.core.db import db, transaction
from campus_service.core.errors import Conflict, Forbidden
from campus_service.jobs.models import OutboxRow
from campus_service.lostfound import service
from campus_service.lostfound.commands import ChangeReport, HandIn
from campus_service.lostfound.custody import CustodyClass
from campus_service.lostfound.models import FoundItem, LostReport
from campus_service.lostfound.service import record
from campus_service.media import service as media
from campus_service.search import service as search
from campus_service.search.engine import Filters
from tests.conftest import Cast, Person
from tests.lostfound.pages import form
from tests.lostfound.stories import SCARF, claimed, found, held, lost
from tests.media.pictures import phone_photo

SignIn = Callable[[FlaskClient, Person], FlaskClient]


def change(person: Person, no: str, **changes: object) -> None:
    with transaction():
        service.change(person.actor, no, ChangeReport.model_validate(SCARF | changes))


def report(no: str) -> LostReport | FoundItem:
    db.session.expire_all()
    if "L" in no:
        return db.session.query(LostReport).filter_by(no=no).one()
    return db.session.query(FoundItem).filter_by(no=no).one()


def entries(action: str) -> list[AuditEntry]:
    return db.session.query(AuditEntry).filter_by(action=action).all()


def numbers(query: str) -> list[str]:
    return search.find(query, Filters()).ids


def test_the_form_comes_filled_and_what_is_changed_is_public_at_once(
    client: FlaskClient, people: Cast, sign_in: SignIn
) -> None:
    no = lost(people.lin)
    browser = sign_in(client, people.lin)
    page = browser.get(f"/lost-found/{no}")
    assert f'href="/lost-found/{no}/edit"' in page.text
    path = f"/lost-found/{no}/edit"
    filled = form(browser.get(path), path)
    assert filled["title"] == [SCARF["title"]]
    assert filled["private_marks"] == [SCARF["private_marks"]]
    day = (today() - timedelta(days=9)).isoformat()
    sent = browser.post(path, data=filled | {"title": "灰色羊毛手套", "occurred_on": "", "other_day": day})
    assert sent.location == f"/lost-found/{no}"
    text = browser.get(sent.location).text
    assert "灰色羊毛手套" in text
    assert report(no).occurred_on.isoformat() == day
    assert numbers("手套") == [record.search_id(report(no))]
    assert numbers("围巾") == []


def test_a_change_promises_to_look_for_counterparts_anew(people: Cast) -> None:
    no = lost(people.lin)
    with transaction():
        db.session.query(OutboxRow).delete()
    change(people.lin, no, title="灰色羊毛手套")
    assert "lostfound.match" in [row.name for row in db.session.query(OutboxRow)]


def test_the_audit_log_names_the_fields_and_keeps_the_words_out(people: Cast) -> None:
    no = lost(people.lin)
    change(people.lin, no, private_marks="里面绣着林")
    (entry,) = entries("lost_report.changed")
    assert entry.after["changed"] == ["private_marks"]
    assert "绣" not in str(entry.after)


def test_saving_without_a_change_leaves_no_trace(people: Cast) -> None:
    no = lost(people.lin)
    before = report(no).updated_at
    change(people.lin, no)
    assert report(no).updated_at == before
    assert entries("lost_report.changed") == []


def test_a_mistake_comes_back_with_what_was_typed(client: FlaskClient, people: Cast, sign_in: SignIn) -> None:
    no = lost(people.lin)
    path = f"/lost-found/{no}/edit"
    browser = sign_in(client, people.lin)
    filled = form(browser.get(path), path, title="", place="操场看台")
    sent = browser.post(path, data=filled)
    assert sent.status_code == 422
    assert form(sent, path)["place"] == ["操场看台"]
    assert report(no).title == SCARF["title"]


def test_only_its_writer_changes_a_loss(people: Cast) -> None:
    no = lost(people.lin)
    for stranger in (people.wu, people.desk, people.officer):
        with pytest.raises(Forbidden):
            change(stranger, no, title="别的")


def test_what_is_over_is_not_changed_any_more(people: Cast) -> None:
    no = lost(people.lin)
    with transaction():
        service.recover(people.lin.actor, no)
    with pytest.raises(Forbidden):
        change(people.lin, no, title="别的")


def test_what_a_desk_has_is_changed_by_the_desk_alone(people: Cast) -> None:
    no = found(people.zhou)
    change(people.zhou, no, title="红格子围巾")
    with transaction():
        service.hand_in(people.desk.actor, no, HandIn(desk="centre"))
    with pytest.raises(Forbidden):
        change(people.zhou, no, title="我的围巾")
    change(people.desk, no, title="红格子羊毛围巾")
    assert report(no).title == "红格子羊毛围巾"


def test_while_somebody_claims_it_nothing_of_it_changes(people: Cast) -> None:
    no = held(people)
    claimed(people.lin, no)
    with pytest.raises(Conflict, match="有人在认领"):
        change(people.desk, no, private_marks="答案改成这样")
    assert report(no).private_marks == SCARF["private_marks"]


def test_another_category_brings_its_custody_class_with_it(people: Cast) -> None:
    with transaction():
        photo = media.store(people.desk.actor, phone_photo(640, 480)).key
    no = held(people, photos=[photo])
    assert report(no).cover == photo
    change(people.desk, no, title="银行卡", category="bank_card", photos=[photo])
    item = report(no)
    assert isinstance(item, FoundItem)
    assert item.custody is CustodyClass.BANK
    assert not item.listed
    assert item.cover == ""
    assert media.photos_of("found_item", [item.id]) == {}
    assert numbers("银行卡") == []
    (entry,) = entries("found_item.reclassified")
    assert entry.after == {"custody": "bank"}


def test_photos_that_are_left_out_go_and_new_ones_come(
    client: FlaskClient, people: Cast, sign_in: SignIn
) -> None:
    with transaction():
        first, second = (media.store(people.lin.actor, phone_photo(640, 480)).key for _n in range(2))
    no = lost(people.lin, photos=[first, second])
    path = f"/lost-found/{no}/edit"
    browser = sign_in(client, people.lin)
    filled = form(browser.get(path), path)
    assert filled["photos"] == [first, second]
    new = (io.BytesIO(phone_photo(320, 240)), "围巾.jpg")
    assert browser.post(path, data=filled | {"photos": [second], "photo_files": new}).status_code == 302
    item = report(no)
    keys = {photo.key for photo in media.photos_of("lost_report", [item.id])[item.id]}
    assert len(keys) == 2
    assert second in keys
    assert first not in keys
    assert item.cover in keys


def test_a_program_changes_a_report_as_the_page_does(
    client: FlaskClient, people: Cast, sign_in: SignIn
) -> None:
    no = lost(people.lin)
    browser = sign_in(client, people.lin)
    answer = browser.post(f"/api/v1/lost-found/{no}/change", json=SCARF | {"title": "灰色羊毛手套"})
    assert answer.status_code == 200
    assert answer.get_json()["title"] == "灰色羊毛手套"
