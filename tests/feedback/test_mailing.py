"""Answers to a notification's mail come into the case: a real SMTP client, the real listener, the real job."""

from __future__ import annotations

import smtplib
import socket
from collections.abc import Callable, Iterator
from email.message import EmailMessage

import pytest
from flask import Flask
from sqlalchemy import select

from campus_service.core.db import db, transaction
from campus_service.core.settings import KEY
from campus_service.feedback import queries, service
from campus_service.feedback.commands import GiveVerdict
from campus_service.feedback.states import CaseState, MessageKind
from campus_service.media import service as media
from campus_service.notifications.inbound import signed_address
from campus_service.notifications.listener import Listener
from campus_service.notifications.models import Notification
from tests.conftest import Cast
from tests.feedback.stories import answered, asked, case
from tests.media.pictures import phone_photo

Work = Callable[[], int]


@pytest.fixture
def mailbox(app: Flask) -> Iterator[Listener]:
    """The listener on a free port of this machine."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    changes = {"inbound_port": port, "inbound_domain": "answers.campus.test"}
    app.extensions[KEY] = app.extensions[KEY].model_copy(update=changes)
    running = Listener(app)
    running.start()
    yield running
    running.stop()


def reply(mailbox: Listener, to: str, text: str, *photos: bytes) -> None:
    """林小满 answers from her mail program."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "lin@campus.test", to, "Re: 请补充情况"
    mail["Message-ID"] = f"<{abs(hash(text))}@mail.test>"
    mail.set_content(
        f"{text}\n\n在 2026年11月2日，10:00，江城大学校园服务 <noreply@campus.example> 写道：\n> 请补充情况\n"
    )
    for photo in photos:
        mail.add_attachment(photo, "image", "jpeg", filename="IMG_0001.jpg")
    with smtplib.SMTP("127.0.0.1", mailbox.port, timeout=20) as smtp:
        smtp.send_message(mail)


def address(no: str, people: Cast) -> str:
    return signed_address("case", case(no).id, people.lin.id)


def test_an_answer_by_mail_is_the_senders_word_and_lets_the_clock_run_again(
    mailbox: Listener, people: Cast, work: Work
) -> None:
    no = asked(people)
    reply(mailbox, address(no, people), "二楼西侧第三级旁边那盏。", phone_photo(640, 480))
    work()
    assert case(no).state is CaseState.IN_PROGRESS
    said = queries.messages(case(no).id)[-1]
    assert (said.kind, said.body, said.author_id) == (
        MessageKind.SENDER,
        "二楼西侧第三级旁边那盏。",
        people.lin.id,
    )
    assert len(media.photos_of("feedback_message", [said.id])[said.id]) == 1


def test_the_notification_carries_the_address_that_leads_back(
    mailbox: Listener, people: Cast, work: Work
) -> None:
    no = asked(people)
    row = db.session.scalar(select(Notification).where(Notification.kind == "case.asked"))
    assert row is not None
    assert row.reply_to == address(no, people)


def test_an_address_of_somebody_else_adds_nothing(mailbox: Listener, people: Cast, work: Work) -> None:
    no = asked(people)
    reply(mailbox, signed_address("case", case(no).id, people.wu.id), "我不是发的人")
    work()
    assert case(no).state is CaseState.WAITING


def test_who_answers_too_late_is_told_so(mailbox: Listener, people: Cast, work: Work) -> None:
    no = answered(people)
    with transaction():
        service.give_verdict(people.lin.actor, no, GiveVerdict(solved=True, rating=5))
    reply(mailbox, address(no, people), "又不亮了")
    work()
    kinds = db.session.scalars(select(Notification.kind).where(Notification.user_id == people.lin.id)).all()
    assert "case.mail_too_late" in kinds
    assert case(no).state is CaseState.CLOSED


def test_a_picture_that_is_none_does_not_hold_up_the_words(
    mailbox: Listener, people: Cast, work: Work
) -> None:
    no = asked(people)
    reply(mailbox, address(no, people), "照片见附件", b"\xff\xd8\xff not a picture")
    work()
    assert queries.messages(case(no).id)[-1].body == "照片见附件"
