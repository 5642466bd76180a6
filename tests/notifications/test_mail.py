"""Mails over a real SMTP server: what they say, to whom, how often, and what happens when it refuses or hangs."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from datetime import timedelta
from email.message import EmailMessage
from smtplib import SMTPException

import pytest
from flask import Flask
from sqlalchemy import select

from campus_service.accounts.models import User
from campus_service.core.clock import freeze, now
from campus_service.core.db import db, transaction
from campus_service.core.i18n import get_locale, lazy
from campus_service.core.settings import KEY
from campus_service.jobs import Permanent, enqueue
from campus_service.jobs.models import JobState, OutboxRow
from campus_service.jobs.outbox import BACKOFF_S
from campus_service.notifications import inbound, mail, quoting, service
from campus_service.notifications.kinds import Group, Kind, Params, register
from campus_service.notifications.mail import Mail, Undelivered
from campus_service.notifications.models import DemoMail
from tests.conftest import Cast, Person
from tests.notifications.conftest import Post, mail_through

Work = Callable[[], int]


def tell(person: Person, item: str = "黑色雨伞") -> int:
    with transaction():
        return service.notify(
            person.id, "test.claimed", {"item": item, "days": 3}, "/lost-found/2611-0149"
        ).id


def change(person: Person, **values: object) -> None:
    with transaction() as session:
        user = session.get_one(User, person.id)
        for name, value in values.items():
            setattr(user, name, value)


def text_of(message: EmailMessage, kind: str = "plain") -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def mail_rows() -> list[OutboxRow]:
    db.session.rollback()
    return list(db.session.scalars(select(OutboxRow).order_by(OutboxRow.id)))


def test_a_notification_reaches_its_reader_with_words_and_a_link(
    people: Cast, post: Post, work: Work
) -> None:
    notice_id = tell(people.lin)
    work()
    (message,) = post.mails
    assert message["To"] == "lin@campus.test"
    assert message["From"] == "江城大学校园服务 <noreply@campus.example>"
    assert message["Subject"] == "有人认领：黑色雨伞"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"] == f"<notification-{notice_id}@campus.example>"
    for kind in ("plain", "html"):
        assert "请在 3 天内答复。" in text_of(message, kind)
        assert "http://campus.test/lost-found/2611-0149" in text_of(message, kind)
        assert "http://campus.test/me/notifications/settings" in text_of(message, kind)
    assert post.envelopes[0].rcpt_tos == ["lin@campus.test"]
    assert mail_rows() == []


@pytest.mark.parametrize(
    ("locale", "tag", "subject"), [("zh_CN", "zh-CN", "明天是星期六"), ("en", "en", "明天是Saturday")]
)
def test_a_mail_is_in_its_readers_language_and_says_which(
    people: Cast, post: Post, work: Work, locale: str, tag: str, subject: str
) -> None:
    def in_words(params: Params) -> Params:
        return {"day": {"zh": "星期六", "en": "Saturday"}[get_locale().language]}

    register(Kind("test.day", Group.REPORTS, lazy("明天是%(day)s"), lazy("%(day)s"), words=in_words))
    change(people.lin, locale=locale)
    with transaction():
        service.notify(people.lin.id, "test.day", {}, "/me")
    work()
    (message,) = post.mails
    assert message["Subject"] == subject
    assert message["Content-Language"] == tag
    assert f'<html lang="{tag}">' in text_of(message, "html")


def test_a_mail_leaves_in_lines_that_every_server_takes(people: Cast, post: Post, work: Work) -> None:
    tell(people.lin, "很长的名字" * 60)
    work()
    raw = post.envelopes[0].original_content
    assert raw is not None
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) < 998


@pytest.mark.parametrize(
    "values",
    [{"email_confirmed_at": None}, {"active": False}],
    ids=["address not confirmed", "account closed"],
)
def test_no_mail_goes_to_who_should_have_none(
    people: Cast, post: Post, work: Work, values: dict[str, object]
) -> None:
    change(people.lin, **values)
    tell(people.lin)
    work()
    assert (post.mails, mail_rows()) == ([], [])


def test_a_group_switched_off_stays_in_the_site_only(people: Cast, post: Post, work: Work) -> None:
    with transaction():
        service.set_preferences(people.desk.actor, {Group.CLAIMS: False})
    tell(people.desk)
    with transaction():
        service.notify(people.desk.id, "test.shelf", {}, "/desk")
    work()
    assert [message["Subject"] for message in post.mails] == ["架子满了"]
    assert service.unread_count(people.desk.id) == 2


def test_the_preference_of_the_moment_of_sending_counts(people: Cast, post: Post, work: Work) -> None:
    tell(people.lin)
    with transaction():
        service.set_preferences(people.lin.actor, {Group.CLAIMS: False})
    work()
    assert post.mails == []


def test_what_was_read_before_its_mail_left_is_not_mailed(people: Cast, post: Post, work: Work) -> None:
    notice_id = tell(people.lin)
    with transaction():
        service.mark_read(people.lin.actor, notice_id)
    work()
    assert post.mails == []


def test_a_mail_refused_for_now_is_delivered_by_the_next_attempt(
    people: Cast, post: Post, work: Work
) -> None:
    post.to_mail = ["451 try again later"]
    tell(people.lin)
    work()
    assert post.mails == []
    (row,) = mail_rows()
    assert "451 try again later" in row.last_error
    with freeze(now() + timedelta(seconds=BACKOFF_S[0])):
        work()
    assert len(post.mails) == 1
    assert mail_rows() == []


def test_a_server_that_is_away_gets_the_mail_when_it_is_back(
    app: Flask, people: Cast, post: Post, work: Work
) -> None:
    mail_through(app, "smtp://127.0.0.1:9")
    tell(people.lin)
    work()
    assert "ConnectionRefusedError" in mail_rows()[0].last_error
    mail_through(app, f"smtp://127.0.0.1:{post.port}")
    with freeze(now() + timedelta(seconds=BACKOFF_S[0])):
        work()
    assert len(post.mails) == 1


@pytest.mark.parametrize("where", ["to_recipient", "to_mail"])
def test_a_mail_refused_for_good_is_dead_with_the_reason_and_without_the_address(
    people: Cast, post: Post, work: Work, where: str
) -> None:
    setattr(post, where, ["550 5.1.1 <lin@campus.test>: no such mailbox"])
    tell(people.lin)
    work()
    (row,) = mail_rows()
    assert (row.state, row.attempts) == (JobState.DEAD, 1)
    assert "550 5.1.1" in row.last_error
    assert "no such mailbox" in row.last_error
    assert "lin@campus.test" not in row.last_error


def test_the_same_mail_sent_twice_is_recognisable_as_one(people: Cast, post: Post, work: Work) -> None:
    notice_id = tell(people.lin)
    work()
    with transaction():
        enqueue("notifications.mail", {"notification_id": notice_id})
    work()
    first, second = post.mails
    assert first["Message-ID"] == second["Message-ID"]


def letter(to: str = "lin@campus.test", **others: str) -> Mail:
    return Mail(**({"to": to, "locale": "zh_CN", "subject": "s", "text": "t", "key": "k"} | others))


@pytest.mark.parametrize(
    "subject", ["a\r\nBcc: wu@campus.test", "a\nBcc: wu@campus.test", "a\x85Bcc: wu@campus.test"]
)
def test_a_subject_cannot_smuggle_in_a_header(app: Flask, post: Post, subject: str) -> None:
    mail.send(letter(subject=subject))
    (message,) = post.mails
    assert message["Bcc"] is None
    assert message["Subject"] == "a Bcc: wu@campus.test"
    assert post.envelopes[0].rcpt_tos == ["lin@campus.test"]


def test_what_somebody_typed_as_the_title_cannot_smuggle_in_a_header_either(
    people: Cast, post: Post, work: Work
) -> None:
    tell(people.lin, "伞\r\nBcc: wu@campus.test\r\n\r\n正文")
    work()
    (message,) = post.mails
    assert message["Bcc"] is None
    assert message["Subject"] == "有人认领：伞 Bcc: wu@campus.test 正文"


def test_a_key_cannot_smuggle_in_a_header(app: Flask, post: Post) -> None:
    mail.send(letter(key="a>\r\nBcc: wu@campus.test"))
    assert post.mails[0]["Message-ID"] == "<a---Bcc--wu-campus.test@campus.example>"
    assert post.mails[0]["Bcc"] is None


@pytest.mark.parametrize(
    "to",
    [
        "",
        "lin",
        "a@campus.test, b@campus.test",
        "a@campus.test\r\nBcc: b@campus.test",
        "林@campus.test",
        "a b@c.test",
    ],
)
def test_an_address_that_cannot_be_used_is_refused_for_good(app: Flask, post: Post, to: str) -> None:
    with pytest.raises(Permanent):
        mail.send(letter(to=to))
    assert post.mails == []


def test_an_address_in_chinese_is_refused(app: Flask, post: Post) -> None:
    with pytest.raises(Permanent):
        mail.send(letter(to="lin@校园.test"))
    assert post.mails == []


def test_html_shows_what_was_typed_as_text_and_links_only_to_this_site(app: Flask) -> None:
    shown = mail.html(letter(text="<b>伞</b> https://evil.example/x\n\nhttp://campus.test/confirm?a=1&b=2"))
    assert "&lt;b&gt;伞&lt;/b&gt;" in shown
    assert 'href="https://evil.example' not in shown
    assert 'href="http://campus.test/confirm?a=1&amp;b=2"' in shown


def test_a_template_says_subject_and_text_in_the_given_language(
    app: Flask, people: Cast, post: Post, work: Work
) -> None:
    params = {"no": "2026110001", "link": "http://campus.test/confirm/abc", "name": "林小满", "email": "x"}
    with transaction():
        payload = {
            "to": "new@campus.test",
            "locale": "zh_CN",
            "template": "accounts/confirm",
            "params": params,
        }
        enqueue("mail.send", payload | {"key": "confirm-1"})
    work()
    (message,) = post.mails
    assert message["Subject"] == "确认邮箱：江城大学校园服务"
    assert message["Message-ID"] == "<confirm-1@campus.example>"
    assert "http://campus.test/confirm/abc" in text_of(message)


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of a server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_server_that_hangs_holds_up_neither_the_request_nor_the_database(
    app: Flask, people: Cast, work: Work, silent: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail, "TIMEOUT_S", 0.2)
    mail_through(app, f"smtp://127.0.0.1:{silent}")
    connections: list[object] = []
    monkeypatch.setattr(mail, "connection", _noting(connections, mail.connection))
    tell(people.lin)
    assert connections == []
    work()
    assert len(connections) == 1
    assert "timed out" in mail_rows()[0].last_error


def _noting(seen: list[object], connect: Callable[..., object]) -> Callable[..., object]:
    def connection(url: object) -> object:
        seen.append(url)
        # While the mail server is awaited, nobody else has to wait for the database.
        assert not db.session.registry.has() or not db.session().in_transaction()
        return connect(url)

    return connection


def test_a_server_that_fails_to_say_goodbye_does_not_get_the_mail_twice(
    app: Flask, people: Cast, post: Post, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rude(_self: object) -> None:
        raise SMTPException

    monkeypatch.setattr("smtplib.SMTP.quit", rude)
    tell(people.lin)
    work()
    assert len(post.mails) == 1
    assert mail_rows() == []


def test_a_password_is_not_told_to_a_distant_server_without_encryption(
    app: Flask, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail_through(app, f"smtp://user:hidden@127.0.0.1:{post.port}")
    monkeypatch.setattr(mail, "LOOPBACK", ())
    with pytest.raises(Undelivered, match="offers no encryption"):
        mail.send(letter())
    assert post.mails == []


def test_a_server_without_the_encryption_that_was_asked_for_gets_nothing(app: Flask, post: Post) -> None:
    mail_through(app, f"smtps://127.0.0.1:{post.port}")
    with pytest.raises(Undelivered, match="SSL"):
        mail.send(letter())
    assert post.mails == []


def test_a_server_that_refuses_the_password_is_tried_again(app: Flask, post: Post) -> None:
    mail_through(app, f"smtp://user:hidden@127.0.0.1:{post.port}")
    with pytest.raises(Undelivered) as caught:
        mail.send(letter())
    assert "hidden" not in str(caught.value)


def test_the_demo_keeps_its_last_mails_on_a_page(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "DEMO_KEEPS", 3)
    for number in range(5):
        mail.send(letter(subject=f"mail {number}"))
    kept = db.session.scalars(select(DemoMail.subject).order_by(DemoMail.id)).all()
    assert kept == ["mail 2", "mail 3", "mail 4"]


def inbound_on(app: Flask, port: int = 2525) -> None:
    changes = {"inbound_port": port, "inbound_domain": "answers.campus.test"}
    app.extensions[KEY] = app.extensions[KEY].model_copy(update=changes)


def tell_of_a_case(person: Person, number: int = 7) -> int:
    with transaction():
        address = inbound.signed_address("case", number, person.id)
        return service.notify(
            person.id, "test.shelf", {}, f"/cases/{number}", reply_to=address, thread=f"case-{number}"
        ).id


def test_a_mail_that_can_be_answered_says_where_and_marks_where_answers_end(
    app: Flask, people: Cast, post: Post, work: Work
) -> None:
    inbound_on(app)
    tell_of_a_case(people.lin)
    work()
    (message,) = post.mails
    assert str(message["Reply-To"]).startswith(f"case+7.{people.lin.id}.")
    assert str(message["Reply-To"]).endswith("@answers.campus.test")
    assert text_of(message).splitlines()[0] == "—— 请在此行以上回复 ——"
    page = text_of(message, "html")
    assert page.index("—— 请在此行以上回复 ——") < page.index("请腾出一格")
    assert "不用回复" not in page
    assert quoting.written(f"好的\n\n{text_of(message)}") == "好的"


def test_the_mails_of_one_thing_form_one_conversation(
    app: Flask, people: Cast, post: Post, work: Work
) -> None:
    inbound_on(app)
    first, second = tell_of_a_case(people.lin), tell_of_a_case(people.lin)
    tell_of_a_case(people.lin, 8)
    work()
    assert [m["Message-ID"] for m in post.mails[:2]] == [
        f"<notification-{number}@campus.example>" for number in (first, second)
    ]
    assert [m["References"] for m in post.mails] == [
        f"<thread-case-{number}@campus.example>" for number in (7, 7, 8)
    ]
    assert all(m["In-Reply-To"] == m["References"] for m in post.mails)


def test_while_inbound_mail_is_off_nothing_invites_to_an_answer(
    app: Flask, people: Cast, post: Post, work: Work
) -> None:
    tell_of_a_case(people.lin)
    work()
    (message,) = post.mails
    assert message["Reply-To"] is None
    assert "以上回复" not in text_of(message)
    assert "不用回复" in text_of(message, "html")
    assert message["References"] == "<thread-case-7@campus.example>"


def test_a_mail_about_nothing_in_particular_stands_alone(
    app: Flask, people: Cast, post: Post, work: Work
) -> None:
    inbound_on(app)
    tell(people.lin)
    work()
    (message,) = post.mails
    assert [message[name] for name in ("Reply-To", "References", "In-Reply-To")] == [None, None, None]
