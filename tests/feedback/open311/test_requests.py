"""Asking for a service, and reading what is public of the requests."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import insert, select, update

from campus_service.core.clock import freeze, now, to_local
from campus_service.core.db import db, transaction
from campus_service.feedback import service
from campus_service.feedback.commands import DecideHandover, DecidePublicity, OfferCase, PublishAnswer, Say
from campus_service.feedback.models import Case, PublicAnswer
from campus_service.feedback.states import CaseState, Channel, Kind, Publicity, RouteHow
from campus_service.media import service as media
from campus_service.media.models import Photo
from tests.conftest import Cast, Person
from tests.feedback.everything import REPORT
from tests.feedback.open311.conftest import TAP, Program
from tests.feedback.stories import accepted, anonymous, answered, case, sent
from tests.feedback.test_inbox_queries import full_scans, overheard
from tests.media.pictures import encoded, quarters

FIELDS = [
    "service_request_id", "status", "status_notes", "service_name", "service_code", "description", "agency_responsible",
    "service_notice", "requested_datetime", "updated_datetime", "expected_datetime", "address", "address_id", "zipcode",
    "lat", "long", "media_url",
]  # fmt: skip
REPAIR = {
    "service_code": "repair",
    "description": "水房的龙头关不紧",
    "attribute[building]": "dorm_east",
    "attribute[what][]": ["tap", "light"],
    "attribute[floor]": "3",
    "attribute[since]": "2026-11-20T20:00:00+08:00",
}


# --- asking -----------------------------------------------------------------------------------------------------


def test_a_request_goes_to_the_department_of_its_service_and_is_public(
    program: Program, people: Cast
) -> None:
    said = program.ask()
    assert set(said) == {"service_request_id", "service_notice", "account_id"}
    row = case(said["service_request_id"])
    assert (row.channel, row.sender_id, row.anonymous) == (Channel.OPEN311, people.lin.id, False)
    assert (row.department_code, row.route_how, row.state) == ("logistics", RouteHow.PERSON, CaseState.ROUTED)
    assert (row.place, row.area, row.publicity) == ("二食堂一楼", "canteen2", Publicity.PUBLIC)
    assert row.no in said["service_notice"]
    assert "前答复" in said["service_notice"]


def test_the_answer_to_a_request_is_the_same_in_xml(program: Program) -> None:
    answer = program.post("requests.xml", **TAP)
    assert answer.content_type == "text/xml; charset=utf-8"
    no = case(
        "2611-F0001" if "2611-F0001" in answer.text else answer.text.split("service_request_id>")[1][:10]
    ).no
    assert f"<service_requests><request><service_request_id>{no}</service_request_id>" in answer.text


def test_attributes_stand_in_the_text_by_name_and_private_ones_beside_it(program: Program) -> None:
    row = case(program.number(**REPAIR, **{"attribute[room]": "3栋 201"}))
    assert row.body.startswith("水房的龙头关不紧\n\n")
    assert "哪一栋楼：东区" in row.body
    assert "坏了什么：水龙头、漏水、灯" in row.body
    assert "几楼：3" in row.body
    assert "从什么时候开始：11月20日 20:00" in row.body
    assert "201" not in row.body
    assert row.caller_contact == "房间号：3栋 201"
    assert row.service_code == "repair"
    assert row.kind is Kind.REQUEST


def test_who_called_is_kept_for_staff_and_never_shown(program: Program) -> None:
    caller = {
        "first_name": "晓明",
        "last_name": "欧阳",
        "phone": "138-0000-4321",
        "email": "ouyang@campus.test",
    }
    no = program.number(**caller, device_id="d-1", account_id="a-1")
    row = case(no)
    assert (row.caller_name, row.caller_contact) == ("欧阳晓明", "138-0000-4321 · ouyang@campus.test")
    for path in (f"requests/{no}", "requests", "servicerequestupdates"):
        shown = program.get(f"{path}.json").text + program.get(f"{path}.xml").text
        assert no in shown
        for secret in (*caller.values(), "欧阳晓明", "林小满"):
            assert secret not in shown


def test_a_point_is_kept_and_shown(program: Program) -> None:
    no = program.number(lat="30.5", long="114.25", address_string=None)
    assert program.read(f"requests/{no}")[0]["lat"] == 30.5
    assert program.tree(f"requests/{no}").findtext("request/long") == "114.25"


def test_a_place_may_be_named_by_its_code(program: Program) -> None:
    shown = program.read(f"requests/{program.number(address_string=None, address_id='teach3')}")[0]
    assert (shown["address"], shown["address_id"]) == ("第三教学楼", "teach3")


def test_links_to_pictures_stay_text(program: Program) -> None:
    links = ["https://pictures.example/a.jpg", "http://169.254.169.254/latest"]
    row = case(program.number(media_url=links))
    assert row.body.endswith(
        "图片链接：https://pictures.example/a.jpg\n图片链接：http://169.254.169.254/latest"
    )
    assert db.session.scalars(select(Photo.id)).all() == []


def test_photos_come_along_and_are_for_those_who_may_read_the_case(program: Program, people: Cast) -> None:
    no = program.number(
        media=(io.BytesIO(encoded(quarters())), "a.jpg"), photo1=(io.BytesIO(encoded(quarters())), "b.jpg")
    )
    photos = media.photos_of("feedback_case", [case(no).id])[case(no).id]
    assert [photo.private for photo in photos] == [True, True]
    assert media.may_see(people.officer.actor, photos[0])
    assert not media.may_see(people.librarian.actor, photos[0])


def test_what_is_no_picture_is_refused_and_nothing_is_sent(program: Program) -> None:
    answer = program.post("requests.json", **TAP, media=(io.BytesIO(b"<svg/>"), "a.svg"))
    assert answer.status_code == 400
    assert "media: 照片没有收下：a.svg" in answer.get_json()[0]["description"]
    assert db.session.scalars(select(Case.id)).all() == []


def test_a_request_without_a_text_says_what_service_it_is(program: Program) -> None:
    assert case(program.number(**REPAIR | {"description": None})).title == "水电维修"


def test_a_service_of_no_department_is_routed_by_its_words(program: Program) -> None:
    row = case(program.number(service_code="other"))
    assert row.route_how is not RouteHow.PERSON


def test_what_is_urgent_goes_where_safety_words_say_and_waits_for_a_look(program: Program) -> None:
    said = program.ask(service_code="loans", description="图书馆三楼着火了，冒烟很大，快来人")
    row = db.session.scalars(select(Case)).one()
    assert row.urgent
    assert row.department_code == "security"
    assert row.publicity is Publicity.FLAGGED
    assert "service_request_id" not in said


def test_what_is_between_a_person_and_the_doctor_is_not_public(program: Program) -> None:
    said = program.ask(service_code="appointment", description="想约下周的咨询，可以改到晚上吗")
    assert case(db.session.scalars(select(Case.no)).one()).publicity is Publicity.PRIVATE
    assert program.read(f"tokens/{said['token']}")[0]["service_request_id"] == ""


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"service_code": None}, "service_code"),
        ({"service_code": "nothing"}, "service_code"),
        ({"address_string": None}, "lat"),
        ({"address_string": None, "address_id": "atlantis"}, "address_id"),
        ({"lat": "30.5"}, "long"),
        ({"lat": "north", "long": "1"}, "lat"),
        ({"lat": "nan", "long": "1"}, "lat"),
        ({"lat": "91", "long": "1"}, "lat"),
        ({"lat": "1", "long": "-181"}, "long"),
        ({"description": "长" * 4001}, "description"),
        ({"description": "\u0001\u0002"}, "description"),
        ({"media_url": "file:///etc/passwd"}, "media_url"),
        ({"media_url": "http://[broken"}, "media_url"),
        ({"media_url": ["https://a.example/"] * 7}, "media_url"),
        (REPAIR | {"attribute[building]": None}, "attribute[building]"),
        (REPAIR | {"attribute[building]": "moon"}, "attribute[building]"),
        (REPAIR | {"attribute[what][]": ["tap", "roof"]}, "attribute[what]"),
        (REPAIR | {"attribute[floor]": "third"}, "attribute[floor]"),
        (REPAIR | {"attribute[floor]": "inf"}, "attribute[floor]"),
        (REPAIR | {"attribute[since]": "yesterday"}, "attribute[since]"),
        (REPAIR | {"attribute[room]": "9" * 1001}, "attribute[room]"),
    ],
)
def test_what_is_missing_or_wrong_is_named(program: Program, form: dict[str, Any], field: str) -> None:
    answer = program.post("requests.json", **TAP | form)
    assert answer.status_code == 400
    (error,) = answer.get_json()
    assert error["code"] == 400
    assert error["description"].startswith(f"{field}: ")
    answer = program.post("requests.xml", **TAP | form)
    assert answer.status_code == 400
    assert f"<errors><error><code>400</code><description>{field}: " in answer.text
    assert db.session.scalars(select(Case.id)).all() == []


@pytest.mark.parametrize("key", [None, "", "cs_wrong", "\0"])
def test_without_a_key_that_works_nothing_is_taken(program: Program, key: str | None) -> None:
    for path in ("requests", "servicerequestupdates"):
        assert program.post(f"{path}.json", **TAP | {"api_key": key}).get_json()[0]["code"] == 403
        answer = program.post(f"{path}.xml", **TAP | {"api_key": key})
        assert answer.status_code == 403
        assert "<code>403</code><description>api_key" in answer.text
    assert db.session.scalars(select(Case.id)).all() == []


def test_a_cookie_sends_nothing(
    app: Flask, program: Program, people: Cast, sign_in: Callable[[Any, Person], Any]
) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    sign_in(program.client, people.zhou)
    assert program.post("requests.json", **TAP | {"api_key": None}).status_code == 403
    assert case(program.number()).sender_id == people.lin.id


def test_five_a_day_is_enough_here_too(program: Program) -> None:
    for number in range(5):
        program.ask(description=f"第{number}张桌子的腿松了，请来紧一紧")
    answer = program.post("requests.xml", **TAP)
    assert answer.status_code == 429
    assert "<errors><error><code>429</code>" in answer.text


# --- reading ----------------------------------------------------------------------------------------------------


def test_a_public_request_is_shown_with_our_promise(program: Program) -> None:
    row = case(program.number())
    (shown,) = program.read(f"requests/{row.no}")
    assert list(shown) == FIELDS
    assert row.answer_due_at is not None
    assert shown["expected_datetime"] == to_local(row.answer_due_at).isoformat(timespec="seconds")
    assert shown["requested_datetime"].endswith("+08:00")
    assert (shown["status"], shown["service_code"], shown["service_name"]) == ("open", "canteen", "食堂")
    assert (shown["agency_responsible"], shown["address"]) == ("后勤处", "二食堂一楼")
    assert shown["description"] == TAP["description"]
    (element,) = program.tree(f"requests/{row.no}")
    assert [child.tag for child in element] == FIELDS
    assert element.findtext("description") == shown["description"]


def test_what_came_in_on_the_site_is_shown_too_where_its_sender_allowed_it(
    program: Program, people: Cast
) -> None:
    shown = sent(people.lin, consent=True)
    hidden = sent(people.zhou)
    nameless = anonymous(people.wu, consent=True).no
    people.auditor  # noqa: B018  # named before the report is sent
    report = anonymous(None, **REPORT).no
    named_report = sent(people.wu, **REPORT, consent=True)
    assert [each["service_request_id"] for each in program.read("requests")] == [shown]
    assert program.read(f"requests/{shown}")[0]["service_code"] == "logistics"
    for no in (hidden, nameless, report, named_report, "nothing", "2611-F9999"):
        for format in ("json", "xml"):
            assert program.get(f"requests/{no}.{format}").status_code == 404
            assert program.get(f"tokens/{no}.{format}").status_code == 404
        assert program.read("requests", service_request_id=no) == []
        assert program.read("servicerequestupdates", service_request_id=no) == []


def test_names_and_numbers_wait_for_a_look_and_are_stripped(program: Program, people: Cast) -> None:
    said = program.ask(description="水龙头坏了，请打 138-0000-4321 找我", address_string="3栋 201室")
    no = db.session.scalars(select(Case.no)).one()
    assert "service_request_id" not in said
    assert program.get(f"requests/{no}.json").status_code == 404
    assert program.read(f"tokens/{said['token']}") == [{"token": said["token"], "service_request_id": ""}]
    with transaction():
        service.decide_publicity(people.coordinator.actor, no, DecidePublicity(public=True))
    assert program.read(f"tokens/{said['token']}")[0]["service_request_id"] == no
    assert program.tree(f"tokens/{said['token']}").findtext("request/service_request_id") == no
    shown = program.get(f"requests/{no}.json").text + program.get(f"requests/{no}.xml").text
    for secret in ("138", "4321", "201"):
        assert secret not in shown.replace(no, "")


def test_a_number_stands_for_itself_as_a_token(program: Program) -> None:
    no = program.number()
    assert program.read(f"tokens/{no}") == [{"token": no, "service_request_id": no}]


def test_the_answer_is_told_once_it_is_public_and_progress_never(program: Program, people: Cast) -> None:
    no = accepted(people, consent=True)
    with transaction():
        service.progress(people.officer.actor, no, Say(body="电工王五下午到"))
    assert program.read(f"requests/{no}")[0]["status_notes"] == "处理中"
    other = answered(people, people.zhou, consent=True)
    (shown,) = program.read(f"requests/{other}")
    assert (shown["status"], shown["status_notes"]) == ("closed", "已答复")
    suggestion = db.session.scalars(select(PublicAnswer)).one()
    with transaction():
        service.publish_answer(
            people.coordinator.actor,
            suggestion.id,
            PublishAnswer(title="楼梯口的灯", question="灯不亮", answer="已经换成新的感应灯。"),
        )
    assert program.read(f"requests/{other}")[0]["status_notes"] == "已答复：已经换成新的感应灯。"
    assert "王五" not in program.get("servicerequestupdates.json").text


def test_requests_are_chosen_by_service_status_and_number(program: Program, people: Cast) -> None:
    tap, lamp = program.number(), answered(people, people.zhou, consent=True)
    books = program.number(service_code="loans", description="想借的书一直没有上架")

    def found(**query: str) -> set[str]:
        listed = {each["service_request_id"] for each in program.read("requests", **query)}
        assert {each.findtext("service_request_id") for each in program.tree("requests", **query)} == listed
        return listed

    assert found() == {tap, lamp, books}
    assert found(service_code="canteen") == {tap}
    assert found(service_code="canteen,loans") == {tap, books}
    assert found(service_code="logistics") == {lamp}
    assert found(status="open") == {tap, books}
    assert found(status="closed") == {lamp}
    assert found(status="open,closed") == {tap, lamp, books}
    assert found(service_request_id=f"{tap}, {lamp.lower()},2611-F9999", status="open") == {tap, lamp}
    assert found(service_code="other") == set()


def test_a_request_that_moved_shows_who_is_responsible_now(program: Program, people: Cast) -> None:
    no = accepted(people, consent=True)
    with transaction():
        service.offer(people.officer.actor, no, OfferCase(to="library", reason="灯在图书馆门口"))
    assert program.read(f"requests/{no}")[0]["agency_responsible"] == "后勤处"
    with transaction():
        service.decide_handover(people.librarian.actor, no, DecideHandover(accept=True))
    assert program.read(f"requests/{no}")[0]["agency_responsible"] == "图书馆"


def test_a_period_spans_ninety_days_and_its_ends_belong_to_it(program: Program) -> None:
    no = program.number()
    created = to_local(case(no).created_at)
    old = created - timedelta(days=100)
    moment = created.replace(microsecond=0)

    def found(**query: str) -> list[str]:
        return [each["service_request_id"] for each in program.read("requests", **query)]

    after = (moment + timedelta(seconds=1)).isoformat()
    assert found(start_date=moment.isoformat(), end_date=after) == [no]
    assert found(start_date=moment.isoformat()) == [no]
    assert found(end_date=after) == [no]
    assert found(
        start_date=moment.astimezone(tz=None).isoformat().replace("+00:00", "Z"), end_date=after
    ) == [no]
    # A plus sign that arrived as a blank.
    assert found(start_date=moment.isoformat().replace("+", " "), end_date=after) == [no]
    assert found(end_date=(moment - timedelta(seconds=1)).isoformat()) == []
    assert found(start_date=old.isoformat()) == []
    with freeze(now() + timedelta(days=91)):
        assert found() == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"start_date": "soon"}, "start_date"),
        ({"start_date": "0001-01-01T00:00:00+14:00"}, "start_date"),
        ({"end_date": "9999-12-31T23:59:59-14:00"}, "end_date"),
        ({"start_date": "2026-11-02T00:00:00Z", "end_date": "2026-11-01T00:00:00Z"}, "end_date"),
        ({"start_date": "2026-01-01T00:00:00Z", "end_date": "2026-04-01T00:00:01Z"}, "start_date"),
        ({"status": "lost"}, "status"),
        ({"service_code": "canteen,nothing"}, "service_code"),
        ({"page": "0"}, "page"),
        ({"page": "٣"}, "page"),
        ({"page_size": "-1"}, "page_size"),
        ({"page_size": "9" * 40}, "page_size"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused_by_name(
    program: Program, query: dict[str, str], field: str
) -> None:
    (error,) = program.get("requests.json", **query).get_json()
    assert error["code"] == 400
    assert error["description"].startswith(f"{field}: ")
    answer = program.get("requests.xml", **query)
    assert answer.status_code == 400
    assert answer.text.count("<error>") == 1


def test_pages_follow_each_other_and_hold_a_thousand_at_most(program: Program) -> None:
    numbers = list(reversed(_many(program, 1005)))
    everything = [each["service_request_id"] for each in program.read("requests", page_size="5000")]
    assert everything == numbers[:1000]
    assert [each["service_request_id"] for each in program.read("requests", page="2")] == numbers[1000:]
    second = [each["service_request_id"] for each in program.read("requests", page="2", page_size="10")]
    assert second == numbers[10:20]
    assert program.read("requests", page="999999999") == []


def _many(program: Program, count: int) -> list[str]:
    row = case(program.number())
    names = [
        column.key for column in Case.__table__.columns if column.key not in ("id", "no", "receipt_lookup")
    ]
    values = {name: getattr(row, name) for name in names}
    # In the past: nobody reads what will be sent.
    begin = row.created_at - timedelta(hours=1)
    copies = [
        values | {"no": f"M{n:05d}", "created_at": begin + timedelta(milliseconds=n)} for n in range(1, count)
    ]
    with transaction() as session:
        session.execute(insert(Case), copies)
    return [*(copy["no"] for copy in copies), row.no]


def test_a_title_of_its_own_stands_before_the_text(program: Program, people: Cast) -> None:
    no = sent(people.lin, consent=True, title="感应灯", body="三教二楼西侧晚上黑漆漆的")
    assert program.read(f"requests/{no}")[0]["description"] == "感应灯\n三教二楼西侧晚上黑漆漆的"


def test_what_xml_cannot_hold_is_left_out(program: Program, people: Cast) -> None:
    no = program.number(description='水<龙头>&amp; "关"不紧\u0001]]> \U0001f6b0')
    assert (
        program.tree(f"requests/{no}").findtext("request/description")
        == '水<龙头>&amp; "关"不紧]]> \U0001f6b0'
    )
    with transaction() as session:
        session.execute(update(Case).where(Case.no == no).values(place="一\u000b楼\ufffe"))
    assert program.tree(f"requests/{no}").findtext("request/address") == "一楼"


def test_nothing_that_a_number_cannot_be_reaches_the_database(program: Program) -> None:
    for no in ("%00", "2611-F0001%00", "%ED%A0%80", "'--", "A" * 3000):
        assert program.client.get(f"/open311/v2/requests/{no}.json").status_code == 404
        assert program.client.get(f"/open311/v2/tokens/{no}.xml").status_code == 404
    assert program.read("requests", service_request_id="\0,\ud800".encode("utf-8", "replace").decode()) == []


# --- how much it asks -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "requests.json",
        "requests.xml?status=open",
        "requests.json?service_code=canteen,logistics,other",
        "requests.json?service_request_id={no},2611-F9999",
        "requests/{no}.json",
        "tokens/{no}.json",
        "servicerequestupdates.json",
        "servicerequestupdates.xml?service_request_id={no}",
    ],
)
def test_a_question_is_two_queries_at_most_and_answered_by_indexes(program: Program, path: str) -> None:
    no = program.number()
    for number in range(3):
        program.ask(description=f"第{number}张桌子的腿松了，请来紧一紧")
    with overheard() as heard:
        assert program.client.get(f"/open311/v2/{path.format(no=no)}").status_code == 200
    assert len(heard) <= 2, heard
    assert full_scans(heard) == []


@pytest.mark.parametrize("path", ["services.json", "services/repair.xml", "discovery.json"])
def test_the_list_of_services_asks_the_database_nothing(program: Program, path: str) -> None:
    with overheard() as heard:
        program.get(path)
    assert heard == []
