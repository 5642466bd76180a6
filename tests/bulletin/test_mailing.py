"""The bulletin by mail: asked for twice, one copy for everybody whatever happens, ended with one click."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from flask import Flask
from sqlalchemy import func, select

from campus_service.bulletin import service
from campus_service.bulletin.commands import Correct, Subscribe
from campus_service.bulletin.models import Delivery, Mailing, Subscriber
from campus_service.bulletin.service import sending, subscribing
from campus_service.bulletin.states import DeliveryState, Section
from campus_service.core.clock import freeze, now
from campus_service.core.db import db, transaction
from campus_service.notifications.models import DemoMail
from tests.bulletin.mailroom import change, free_port, reader
from tests.bulletin.stories import approved, online, published
from tests.conftest import Cast

Work = Callable[[], int]


def test_nothing_is_sent_before_the_address_says_yes(app: Flask, people: Cast, work: Work) -> None:
    client = app.test_client()
    answer = client.post("/compass/subscribe", data={"email": "Reader@campus.test", "whole": "1"})
    assert answer.status_code == 302
    work()
    asked = db.session.scalars(select(DemoMail).where(DemoMail.to == "reader@campus.test")).one()
    path = re.search(r"http://campus\.test(/compass/subscription/\S+)", asked.body)
    assert path
    assert "确认订阅" in client.get(path[1]).text
    published(people)
    work()
    assert db.session.scalar(select(func.count()).select_from(Delivery)) == 0
    client.post(f"{path[1]}/confirm")
    published(people, approved(people, title="后来的"))
    work()
    assert db.session.scalar(select(Delivery.state)) is DeliveryState.SENT


def test_asking_again_tells_nobody_whether_an_address_reads_us(app: Flask, people: Cast, work: Work) -> None:
    known = reader("lin@mail.test", whole=True)
    client = app.test_client()
    answers = [
        client.post("/compass/subscribe", data={"email": address, "sections": "tips"})
        for address in ("lin@mail.test", "new@mail.test")
    ]
    assert answers[0].location == answers[1].location
    work()
    db.session.expire_all()
    assert (known.whole, known.sections) == (True, [])
    told = db.session.scalars(
        select(DemoMail.subject).where(DemoMail.to == "lin@mail.test").order_by(DemoMail.id)
    )
    assert list(told)[-1] == "你已经订阅了《校园指南针》"


def test_a_wrong_address_keeps_what_was_typed(app: Flask, people: Cast) -> None:
    answer = app.test_client().post("/compass/subscribe", data={"email": "nobody", "sections": "tips"})
    assert answer.status_code == 422
    assert 'value="nobody"' in answer.text
    assert 'value="tips" checked' in answer.text


def test_each_gets_what_was_asked_for(app: Flask, people: Cast, mails: Any, work: Work) -> None:
    reader("whole@mail.test", whole=True)
    reader("tips@mail.test", Section.TIPS)
    reader("careers@mail.test", Section.CAREERS)
    published(people, approved(people, title="甲"), approved(people, title="乙", section="tips"))
    work()
    got = mails()
    assert set(got) == {"whole@mail.test", "tips@mail.test"}
    texts = {to: mail.get_body(("plain",)).get_content() for to, mail in got.items()}
    assert "甲" in texts["whole@mail.test"]
    assert "甲" not in texts["tips@mail.test"]
    assert "乙" in texts["tips@mail.test"]


def test_the_headers_are_those_that_mail_programs_ask_for(
    app: Flask, people: Cast, mails: Any, work: Work
) -> None:
    row = reader("whole@mail.test", whole=True)
    published(people)
    work()
    (got,) = mails().values()
    link = f"http://campus.test/compass/unsubscribe/{row.token}"
    assert got["List-Unsubscribe"] == f"<{link}>"
    assert got["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert got["From"].addresses[0].domain == got["Message-ID"].strip("<>").partition("@")[2]
    assert got["Subject"] == "《校园指南针》第 1 期：新学期"
    html = got.get_body(("html",)).get_content()
    assert "<style" not in html
    assert 'style="' in html
    assert f"/compass/subscription/{row.token}" in html
    assert "manage.invalid" not in html


def test_one_click_ends_it_and_looking_does_not(app: Flask, people: Cast) -> None:
    row, client = reader("lin@mail.test", whole=True), app.test_client()
    path = f"/compass/unsubscribe/{row.token}"
    assert client.get(path).status_code == 200
    db.session.expire_all()
    assert row.ended_at is None
    # RFC 8058 3.1: it must not be a redirect.
    answer = client.post(path, data={"List-Unsubscribe": "One-Click"})
    assert (answer.status_code, "已经退订" in answer.text) == (200, True)
    db.session.expire_all()
    assert row.ended_at is not None


def test_a_correction_goes_to_those_who_got_the_error(
    app: Flask, people: Cast, mails: Any, work: Work
) -> None:
    reader("early@mail.test", Section.EVENTS)
    early = online(people)
    work()
    reader("late@mail.test", Section.EVENTS)
    with transaction():
        service.correct(people.editor.actor, early.article_id, Correct(wrong="先看分区图", right="先看地图"))
    work()
    assert mails()["early@mail.test"]["Subject"].startswith("勘误：")
    assert "late@mail.test" not in mails()


def _chooses(address: str, *sections: Section) -> None:
    with transaction() as session:
        token = session.scalar(select(Subscriber.token).where(Subscriber.email == address))
        assert token
        subscribing.change(token, Subscribe(email=address, sections=list(sections)))


def test_a_reader_of_other_sections_is_told_of_no_error_he_did_not_get(
    app: Flask, people: Cast, mails: Any, work: Work
) -> None:
    reader("tips@mail.test", Section.TIPS)
    reader("events@mail.test", Section.EVENTS)
    reader("whole@mail.test", whole=True)
    wrong = approved(people)
    published(people, wrong, approved(people, title="乙", section="tips"))
    work()
    # What they choose later changes nothing of what they got.
    _chooses("tips@mail.test", Section.TIPS, Section.EVENTS)
    _chooses("events@mail.test", Section.STUDY)
    with transaction():
        service.correct(people.editor.actor, wrong, Correct(wrong="先看分区图", right="先看地图"))
    work()
    told = {to for to, mail in mails().items() if mail["Subject"].startswith("勘误：")}
    assert told == {"events@mail.test", "whole@mail.test"}


@pytest.fixture
def answering(app: Flask) -> Iterator[Callable[[Any], None]]:
    """A mail server that answers as its handler says."""
    running: list[Controller] = []

    def start(handler: Any) -> None:
        controller = Controller(handler, "127.0.0.1", free_port())
        controller.start()
        running.append(controller)
        change(app, mail_url=f"smtp://127.0.0.1:{controller.port}")

    yield start
    for controller in running:
        controller.stop()


class Refusing:
    """Refuses the sender, or the recipients, with the words given."""

    def __init__(self, sender: str = "", recipient: str = "") -> None:
        self.sender, self.recipient = sender, recipient

    async def handle_MAIL(  # noqa: N802
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        envelope.mail_from = address
        return self.sender or "250 ok"

    async def handle_RCPT(  # noqa: N802
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        envelope.rcpt_tos.append(address)
        return self.recipient or "250 ok"


def test_a_server_that_takes_nothing_from_us_costs_no_reader_his_copy(
    app: Flask, people: Cast, answering: Any, work: Work
) -> None:
    answering(Refusing(sender="553 5.7.1 sender not allowed"))
    reader("lin@mail.test", whole=True)
    published(people)
    work()
    row = db.session.scalars(select(Mailing)).one()
    assert db.session.scalar(select(Delivery.state)) is DeliveryState.QUEUED
    assert (row.trouble, row.finished_at) == ("553 5.7.1 sender not allowed", None)


@pytest.mark.parametrize(
    ("words", "state", "ended"),
    [
        ("550 5.1.1 no such user", DeliveryState.BOUNCED, "bounced"),
        ("550 no such user", DeliveryState.BOUNCED, "bounced"),
        ("554 5.7.1 relaying denied", DeliveryState.FAILED, ""),
        ("451 4.7.1 come back later", DeliveryState.QUEUED, ""),
    ],
)
def test_an_address_that_the_server_does_not_know_is_a_mail_that_came_back(
    app: Flask, people: Cast, answering: Any, work: Work, words: str, state: DeliveryState, ended: str
) -> None:
    answering(Refusing(recipient=words))
    row = reader("gone@mail.test", whole=True)
    for n in range(3):
        published(people, approved(people, title=f"第{n}"))
    work()
    db.session.expire_all()
    assert set(db.session.scalars(select(Delivery.state))) == {state}
    assert row.ended_why == ended


def test_a_server_that_says_not_now_is_asked_again_in_minutes_and_in_the_end_no_more(
    app: Flask, people: Cast, answering: Any, work: Work
) -> None:
    answering(Refusing(recipient="451 4.7.1 come back later"))
    reader("lin@mail.test", whole=True)
    published(people)
    moment, seen = now(), []
    for _time in range(sending.MAX_ATTEMPTS + 1):
        with freeze(moment):
            work()
        row = db.session.scalars(select(Delivery), execution_options={"populate_existing": True}).one()
        seen.append((row.attempts, row.state))
        moment += sending.RETRY + timedelta(seconds=1)
    queued = [(n, DeliveryState.QUEUED) for n in range(1, sending.MAX_ATTEMPTS)]
    assert seen == [*queued, *[(sending.MAX_ATTEMPTS, DeliveryState.FAILED)] * 2]


def test_a_copy_that_is_gone_is_not_taken_back_by_a_slower_sender(
    app: Flask, people: Cast, work: Work
) -> None:
    reader("lin@mail.test", whole=True)
    published(people)
    work()
    id = db.session.scalars(select(Delivery.id)).one()
    with transaction():
        sending.later(id, "451 later")
        sending.refused(id, "550 never")
        sending.skip(id)
    assert db.session.scalar(select(Delivery.state)) is DeliveryState.SENT


def _claimed_once_more(id: int) -> sending.Copy:
    """A sender comes while another one, which is not dead, has the copy."""
    with transaction():
        sending.take_back(id)
        (copy,) = sending.claim(id)
    return copy


def test_what_a_slower_sender_hears_counts_for_nothing_once_another_one_has_sent_the_copy(
    app: Flask, people: Cast
) -> None:
    reader("lin@mail.test", whole=True)
    published(people)
    row = db.session.scalars(select(Mailing)).one()
    with transaction():
        sending.write_copies(row)
        (slow,) = sending.claim(row.id)
    fast = _claimed_once_more(row.id)
    with transaction():
        assert sending.handed(fast.id)
    with transaction():
        sending.later(slow.id, "451 later")
        sending.refused(slow.id, "550 never")
        sending.unknown(slow.id, "550 nobody")
        sending.skip(slow.id)
        assert not sending.handed(slow.id)
    assert db.session.scalar(select(Delivery.state)) is DeliveryState.HANDED
    with transaction():
        sending.sent([fast.id])
    assert db.session.scalar(select(Delivery.state)) is DeliveryState.SENT


class Answering:
    """Says these words after the last dot; without words it hangs up instead."""

    def __init__(self, words: str) -> None:
        self.words = words

    async def handle_DATA(self, server: Any, _session: Any, _envelope: Any) -> str:  # noqa: N802
        if not self.words:
            server.transport.abort()
        return self.words or "250 nobody hears it"


@pytest.mark.parametrize(
    ("words", "state"),
    [
        ("451 4.3.0 later", DeliveryState.QUEUED),
        ("554 5.6.0 never", DeliveryState.FAILED),
        ("", DeliveryState.DOUBTFUL),
    ],
)
def test_what_the_server_says_after_the_end_of_the_last_copy_is_noted(
    app: Flask, people: Cast, answering: Any, work: Work, words: str, state: DeliveryState
) -> None:
    answering(Answering(words))
    reader("lin@mail.test", whole=True)
    published(people)
    work()
    assert db.session.scalar(select(Delivery.state)) is state
    finished = db.session.scalar(select(Mailing.finished_at))
    assert (finished is None) is (state is DeliveryState.QUEUED)


def test_who_ended_it_and_is_asked_anew_gets_nothing_before_saying_yes(
    app: Flask, people: Cast, mails: Any, work: Work
) -> None:
    row = reader("lin@mail.test", whole=True)
    published(people)
    with transaction():
        sending.write_copies(db.session.scalars(select(Mailing)).one())
    with transaction():
        subscribing.end(row.token)
    with transaction():
        subscribing.subscribe(Subscribe(email=row.email, whole=True), "zh_CN")
    work()
    assert mails() == {}
    assert db.session.scalar(select(Delivery.state)) is DeliveryState.SKIPPED


def test_a_long_title_is_sent_in_words_of_75_letters_and_no_link_is_folded(
    app: Flask, people: Cast, mails: Any, tmp_path: Path, work: Work
) -> None:
    row, title = reader("whole@mail.test", whole=True), "秋天的校园" * 11
    published(people, title=title)
    work()
    head = (tmp_path / "mails/whole@mail.test.eml").read_bytes().partition(b"\r\n\r\n")[0]
    assert max(len(word) for word in re.findall(rb"=\?\S+\?=", head)) <= 75
    assert f"\r\nList-Unsubscribe: <http://campus.test/compass/unsubscribe/{row.token}>\r\n".encode() in head
    assert mails()["whole@mail.test"]["Subject"].endswith(title)


def test_what_a_crash_left_in_doubt_waits_for_the_chief_editor(
    app: Flask, people: Cast, sign_in: Any, mails: Any, work: Work
) -> None:
    reader("lin@mail.test", whole=True)
    published(people)
    row = db.session.scalars(select(Mailing)).one()
    with transaction():
        sending.write_copies(row)
        (copy,) = sending.claim(row.id)
        assert sending.handed(copy.id)  # and here the machine stops
    work()
    db.session.expire_all()
    assert (mails(), row.finished_at is None) == ({}, False)
    client = sign_in(app.test_client(), people.chief)
    assert "有 1 封说不准" in client.get(f"/newsroom/mailings/{row.id}").text
    client.post(f"/newsroom/mailings/{row.id}/again")
    client.post(f"/newsroom/mailings/{row.id}/again")
    work()
    assert set(mails()) == {"lin@mail.test"}
    assert "没有说不准的了" in client.get(f"/newsroom/mailings/{row.id}").text
    assert "说不准" not in client.get(f"/newsroom/mailings/{row.id}").text


def test_a_section_reader_gets_no_article_twice(app: Flask, people: Cast, mails: Any, work: Work) -> None:
    reader("old@mail.test", Section.EVENTS)
    early = online(people, title="先上线的")
    work()
    reader("new@mail.test", Section.EVENTS)
    other = approved(people, title="刊里才有的", section="tips")
    published(people, early.article_id, other, title="秋天")
    work()
    subjects = {to: mail["Subject"] for to, mail in mails().items()}
    assert subjects["old@mail.test"] == "先上线的"
    assert "秋天" in subjects["new@mail.test"]
    states = dict(
        db.session.execute(
            select(Subscriber.email, Delivery.state).join_from(Delivery, Subscriber).order_by(Delivery.id)
        ).all()
    )
    assert states["old@mail.test"] is DeliveryState.SKIPPED


def test_an_address_is_asked_three_times_a_day_at_most(app: Flask, people: Cast, work: Work) -> None:
    client = app.test_client()
    answers = set()
    for _time in range(5):
        answer = client.post("/compass/subscribe", data={"email": "victim@mail.test", "whole": "1"})
        answers.add((answer.status_code, answer.location))
        work()
    assert len(answers) == 1
    asked = select(func.count()).where(DemoMail.to == "victim@mail.test")
    assert db.session.scalar(asked) == subscribing.MOST_ASKED
    tomorrow = now() + timedelta(days=1)
    with freeze(tomorrow):
        client.post("/compass/subscribe", data={"email": "victim@mail.test", "whole": "1"})
        work()
    assert db.session.scalar(asked) == subscribing.MOST_ASKED + 1


def test_the_first_link_still_works_when_the_address_is_asked_again(
    app: Flask, people: Cast, work: Work
) -> None:
    for _time in range(2):
        app.test_client().post("/compass/subscribe", data={"email": "lin@mail.test", "whole": "1"})
        work()
    bodies = db.session.scalars(select(DemoMail.body).where(DemoMail.to == "lin@mail.test")).all()
    assert len({re.search(r"/compass/subscription/\S+", body)[0] for body in bodies}) == 1  # type: ignore[index]


def test_the_pace_of_a_domain_counts_all_mailings(app: Flask, people: Cast, mails: Any, work: Work) -> None:
    change(app, mail_pace=3)
    for n in range(2):
        reader(f"r{n}@slow.test", whole=True)
    for n in range(2):
        published(people, approved(people, title=f"第{n}"))
    work()
    gone = select(func.count()).where(Delivery.state == DeliveryState.SENT)
    assert db.session.scalar(gone) == 3


def test_the_pace_counts_what_another_sender_has_in_its_hands(app: Flask, people: Cast) -> None:
    change(app, mail_pace=3)
    for n in range(2):
        reader(f"r{n}@slow.test", whole=True)
    for n in range(2):
        published(people, approved(people, title=f"第{n}"))
    claimed = []
    for row in db.session.scalars(select(Mailing)).all():
        with transaction():
            sending.write_copies(row)
            claimed += sending.claim(row.id)
    assert len(claimed) == 3


def test_a_mailing_shows_its_domains_and_what_failed(
    app: Flask, people: Cast, sign_in: Any, answering: Any, work: Work
) -> None:
    answering(Refusing(recipient="550 5.1.1 <lin@mail.test>: no such user"))
    reader("lin@mail.test", whole=True)
    published(people)
    work()
    id = db.session.scalars(select(Mailing.id)).one()
    page = sign_in(app.test_client(), people.chief).get(f"/newsroom/mailings/{id}").text
    assert "mail.test" in page
    assert "li…@mail.test" in page
    assert "550 5.1.1 &lt;&lt;address&gt;&gt;: no such user" in page
    assert "lin@mail.test" not in page


def test_a_paused_mailing_waits(app: Flask, people: Cast, mails: Any, work: Work) -> None:
    reader("whole@mail.test", whole=True)
    published(people)
    id = db.session.scalars(select(Mailing.id)).one()
    with transaction():
        sending.pause(people.chief.actor, id)
    work()
    assert mails() == {}
    with transaction():
        sending.pause(people.chief.actor, id)
    work()
    assert set(mails()) == {"whole@mail.test"}


def test_one_domain_gets_no_more_than_its_pace(app: Flask, people: Cast, mails: Any, work: Work) -> None:
    change(app, mail_pace=2)
    for n in range(4):
        reader(f"r{n}@slow.test", whole=True)
    reader("r@other.test", whole=True)
    published(people)
    work()
    domains = Counter(to.partition("@")[2] for to in mails())
    assert domains == {"slow.test": 2, "other.test": 1}
