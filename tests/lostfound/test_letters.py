"""Finder and owner write to each other through the site; neither learns who the other is, and staff only what was reported."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from campus_service.core.clock import freeze, now
from campus_service.core.db import db, transaction
from campus_service.core.errors import Conflict, NotFound, TooMany
from campus_service.lostfound import service
from campus_service.lostfound.commands import HandIn, WriteLetter
from campus_service.lostfound.models import ContactMessage, ContactThread
from campus_service.lostfound.service import contacting, upkeep
from campus_service.lostfound.service.contacting import THREADS_A_DAY
from campus_service.notifications.models import DemoMail, Notification
from tests.conftest import Cast, Person
from tests.lostfound.pages import form
from tests.lostfound.stories import found, held, lost

SignIn = Callable[[FlaskClient, Person], FlaskClient]
Work = Callable[[], int]
HELLO = "我好像捡到了，是不是红色的？"


def written(person: Person, no: str, body: str = HELLO, **changes: Any) -> int:
    """``person`` writes to the poster of ``no``; returns the thread's id."""
    with transaction():
        return service.contact(person.actor, no, WriteLetter(body=body, **changes))


def replied(person: Person, thread: int, body: str = "对，边上有流苏") -> None:
    with transaction():
        service.reply(person.actor, thread, WriteLetter(body=body))


def test_two_people_write_to_each_other_without_names(
    app: Flask, people: Cast, work: Work, sign_in: SignIn
) -> None:
    no = lost(people.lin, contact="13800138000")
    zhou, lin = (sign_in(app.test_client(), person) for person in (people.zhou, people.lin))
    page = zhou.get(f"/lost-found/{no}")
    assert f"/lost-found/{no}/contact" in page.text
    sent = zhou.post(
        f"/lost-found/{no}/contact",
        data=form(zhou.get(f"/lost-found/{no}/contact"), f"/lost-found/{no}/contact", body=HELLO),
    )
    assert sent.status_code == 303
    lin_sees = lin.get(sent.location)
    assert HELLO in lin_sees.text
    lin.post(sent.location, data=form(lin_sees, sent.location, body="对，边上有流苏"))
    zhou_sees = zhou.get(sent.location).text
    assert "对，边上有流苏" in zhou_sees
    assert "失物人" in zhou_sees
    for text, other in ((lin_sees.text, people.zhou), (zhou_sees, people.lin)):
        assert not any(secret in text for secret in (other.name, other.email, "13800138000", "2026110"))
    work()
    for mail in db.session.scalars(select(DemoMail)):
        assert not any(secret in mail.body for secret in (people.lin.name, people.zhou.name, "@", HELLO))
    assert f"关于 {no} 的留言" in zhou.get("/me").text


def test_the_same_form_sent_twice_is_one_letter_and_writing_again_goes_on(people: Cast) -> None:
    no = lost(people.lin)
    threads = {written(people.zhou, no, request_key="k") for _time in range(3)}
    assert threads == {written(people.zhou, no, "还有流苏")}
    assert len(db.session.scalars(select(ContactMessage)).all()) == 2


def test_what_gives_somebody_away_is_warned_of_once(
    client: FlaskClient, people: Cast, sign_in: SignIn
) -> None:
    no = lost(people.lin)
    path = f"/lost-found/{no}/contact"
    sign_in(client, people.zhou)
    warned = client.post(path, data={"body": "打我电话 138 0013 8000"})
    assert warned.status_code == 422
    assert "再点一次" in warned.text
    assert db.session.scalars(select(ContactThread)).all() == []
    assert client.post(path, data=form(warned, path)).status_code == 303


@pytest.mark.parametrize("words", ["1380013", "看 https://x.test", "加 abc@x", "www.x", "x.com 上有图"])
def test_numbers_and_addresses_are_noticed(words: str) -> None:
    with pytest.raises(ValueError, match="再点一次"):
        WriteLetter(body=words)
    assert WriteLetter(body=words, sure=True).body == words


@pytest.mark.parametrize("words", ["三楼 305 教室，下午 2:30", "2026-11-27 捡到的"[5:], "一共 3 把"])
def test_places_and_times_are_not(words: str) -> None:
    assert WriteLetter(body=words).body == words


def test_a_thing_at_a_desk_and_a_report_that_is_over_have_nobody_to_ask(people: Cast) -> None:
    at_a_desk, over = held(people), lost(people.lin)
    with transaction():
        service.recover(people.lin.actor, over)
    for no in (at_a_desk, over):
        with pytest.raises(Conflict, match=no):
            written(people.zhou, no)
    with pytest.raises(Conflict):
        written(people.lin, lost(people.lin))


def test_what_is_not_listed_cannot_be_asked_about(people: Cast) -> None:
    with pytest.raises(NotFound):
        written(people.zhou, lost(people.lin, category="bank_card"))


def test_five_new_threads_a_day(people: Cast) -> None:
    for _number in range(THREADS_A_DAY):
        written(people.zhou, lost(people.lin))
    with pytest.raises(TooMany):
        written(people.zhou, lost(people.lin))
    with freeze(now() + timedelta(days=1, minutes=1)):
        written(people.zhou, lost(people.lin))


def test_nobody_else_reads_it_and_security_only_what_was_reported(
    app: Flask, people: Cast, sign_in: SignIn, client: FlaskClient
) -> None:
    thread = written(people.zhou, lost(people.lin))
    path = f"/lost-found/letters/{thread}"
    clients = {
        person.name: sign_in(app.test_client(), person) for person in (people.wu, people.desk, people.he)
    }
    assert client.get(path).status_code in (302, 401)
    assert {name: each.get(path).status_code for name, each in clients.items()} == dict.fromkeys(clients, 404)
    with transaction():
        service.report_thread(people.lin.actor, thread)
    met = {name: each.get(path).status_code for name, each in clients.items()}
    assert met == {people.wu.name: 404, people.desk.name: 404, people.he.name: 200}
    page = clients[people.he.name].get(path).text
    assert people.zhou.name in page
    assert 'name="body"' not in page
    assert clients[people.he.name].post(path, data={"body": "你好"}).status_code == 403
    told = select(Notification.user_id).where(Notification.kind == "contact.reported")
    assert db.session.scalars(told).all() == [people.he.id]


def test_either_of_the_two_ends_it(people: Cast) -> None:
    thread = written(people.zhou, lost(people.lin))
    with transaction():
        service.close_thread(people.lin.actor, thread)
    for person in (people.lin, people.zhou):
        with pytest.raises(Conflict, match="已经结束"):
            replied(person, thread)


def test_the_letters_are_gone_ninety_days_after_the_report_is_over(people: Cast) -> None:
    no, other = found(people.zhou), lost(people.lin)
    written(people.lin, no)
    kept = written(people.zhou, other)
    with transaction():
        service.hand_in(people.desk.actor, no, HandIn(desk="centre"))
    with transaction():
        assert upkeep.daily()["letters_closed"] == 1
    # The other report lapses long before; what counts is its own day.
    for days, left in ((upkeep.EVIDENCE_DAYS - 1, 2), (upkeep.EVIDENCE_DAYS, 1)):
        with freeze(now() + timedelta(days=days)), transaction():
            contacting.forget(upkeep._first_kept())
        assert len(db.session.scalars(select(ContactThread)).all()) == left
    assert db.session.scalars(select(ContactMessage.thread_id)).all() == [kept]
