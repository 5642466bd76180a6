"""Mail comes in by a real SMTP client, is stored before it is acknowledged, and reaches the feature once."""

from __future__ import annotations

import smtplib
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask

from campus_service.notifications import inbound, listener
from campus_service.notifications.inbound import signed_address
from campus_service.notifications.listener import Listener
from tests.notifications.letters import BOUNCE, JPEG, letter, raw, with_photos
from tests.notifications.mailroom import (
    Features,
    Work,
    client,
    mails,
    on_the_wire,
    patient,
    post,
    refusal,
)

# --- good mail


def test_an_answer_reaches_the_feature_with_its_words_and_photos(
    server: Listener, features: Features, work: Work
) -> None:
    to = signed_address("case", 123, 45)
    mail = with_photos(to, JPEG)
    post(server, mail, to)
    (row,) = mails()
    assert (row.raw is not None, row.handled_at, features.case) == (True, None, [])
    work()
    ((ids, said),) = features.case
    assert ids == (123, 45)
    assert (said.text, said.photos, said.automatic) == ("灯还是不亮。", (JPEG,), False)
    (row,) = mails()
    assert (row.raw, row.body) == (None, "灯还是不亮。")
    assert row.handled_at is not None


@pytest.mark.parametrize("encoding", ["8bit", "base64", "quoted-printable"])
@pytest.mark.parametrize("charset", ["utf-8", "gbk"])
def test_chinese_survives_the_way(
    server: Listener, features: Features, work: Work, charset: str, encoding: str
) -> None:
    body = "走廊的灯还是不亮。\n..两点开头的一行\n.".encode(charset)
    post(server, raw(body, f"text/plain; charset={charset}", encoding), signed_address("case", 1))
    work()
    assert features.case[0][1].text == "走廊的灯还是不亮。\n..两点开头的一行\n."


def test_html_alone_is_read(server: Listener, features: Features, work: Work) -> None:
    page = "<p>灯不亮</p><blockquote>旧的</blockquote>".encode()
    post(server, raw(page, "text/html; charset=utf-8", "base64"), signed_address("case", 1))
    work()
    assert features.case[0][1].text == "灯不亮"


def test_a_mail_delivered_twice_counts_once_and_is_acknowledged_twice(
    server: Listener, features: Features, work: Work
) -> None:
    to = signed_address("case", 1)
    post(server, letter(to), to)
    work()
    post(server, letter(to), to.upper())
    work()
    assert (len(mails()), len(features.case)) == (1, 1)
    other = signed_address("case", 2)
    post(server, letter(to), other)
    work()
    assert [ids for ids, _mail in features.case] == [(1,), (2,)]


def test_a_photo_of_eight_megabytes_comes_through(app: Flask, features: Features, work: Work) -> None:
    photo = JPEG + bytes(range(256)) * ((8 * 1024 * 1024 - len(JPEG)) // 256)
    to = signed_address("case", 1)
    with patient(app) as server:
        post(server, with_photos(to, photo), to)
    work()
    assert features.case[0][1].photos == (photo,)


def test_several_recipients_get_one_each(server: Listener, features: Features, work: Work) -> None:
    to = [signed_address("case", number) for number in (1, 2)]
    post(server, letter(to[0]), *to)
    work()
    assert [ids for ids, _mail in features.case] == [(1,), (2,)]


def test_many_at_once_are_all_kept(server: Listener, features: Features, work: Work) -> None:
    def send(number: int) -> None:
        to = signed
        post(server, letter(to, f"第 {number} 封", Message_ID=f"<{number}@mail.test>"), to)

    signed = signed_address("case", 1)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(send, range(24)))
    work()
    assert sorted(mail.text for _ids, mail in features.case) == sorted(f"第 {n} 封" for n in range(24))


# --- what machines send


def test_answers_of_machines_are_recorded_and_not_handed_on(
    server: Listener, features: Features, work: Work
) -> None:
    to = signed_address("case", 1)
    post(server, letter(to, Auto_Submitted="auto-replied"), to)
    post(server, letter(to, Message_ID="<2@mail.test>"), to, sender="")
    work()
    assert features.case == []
    assert [(row.automatic, row.raw) for row in mails()] == [(True, None), (True, None)]


def test_an_answer_that_says_nothing_is_not_handed_on(
    server: Listener, features: Features, work: Work
) -> None:
    to = signed_address("case", 1)
    post(server, letter(to, "> 只有引用\n\n-- \n林小满"), to)
    work()
    assert (features.case, mails()[0].automatic) == ([], False)


def test_a_bounce_reaches_who_asked_for_bounces(server: Listener, features: Features, work: Work) -> None:
    post(server, BOUNCE, signed_address("bounce", 7, 45), sender="")
    work()
    ((ids, mail),) = features.bounce
    assert (ids, mail.automatic, mail.status) == ((7, 45), True, "5.1.1")


# --- what is refused


@pytest.mark.parametrize(
    "to",
    [
        "lin@elsewhere.test",
        "case+1.aaaaaaaaaaaaaaaaaaaaaaaa@answers.campus.test",
        "postmaster@answers.campus.test",
    ],
)
def test_an_address_that_is_not_ours_is_refused_with_a_clear_text(
    server: Listener, features: Features, to: str
) -> None:
    code, words = refusal(server, to)
    assert code == 550
    assert "No such address here" in words
    assert mails() == []


def test_one_forged_recipient_does_not_harm_the_other(
    server: Listener, features: Features, work: Work
) -> None:
    good = signed_address("case", 1)
    with client(server) as smtp:
        refused = smtp.sendmail(
            "lin@mail.test", [good, good.replace("case+1", "case+2")], on_the_wire(letter(good))
        )
    assert len(refused) == 1
    work()
    assert [ids for ids, _mail in features.case] == [(1,)]


def test_a_mail_that_is_too_large_is_refused_at_once_or_while_it_comes(
    server: Listener, features: Features
) -> None:
    to = signed_address("case", 1)
    huge = raw(b"x" * 76 + b"\n", "text/plain") + (b"y" * 76 + b"\n") * (listener.MAX_BYTES // 77 + 10)
    with pytest.raises(smtplib.SMTPSenderRefused) as announced:
        post(server, huge, to)
    assert announced.value.smtp_code == 552
    with client(server) as smtp:
        smtp.ehlo()
        smtp.esmtp_features.pop("size")  # a client that does not say how much is coming
        with pytest.raises(smtplib.SMTPDataError) as seen:
            smtp.sendmail("lin@mail.test", [to], on_the_wire(huge))
    assert seen.value.smtp_code == 552
    assert mails() == []


def test_too_many_recipients_are_put_off(server: Listener, features: Features) -> None:
    to = [signed_address("case", number) for number in range(listener.MAX_RECIPIENTS + 1)]
    with client(server) as smtp:
        refused = smtp.sendmail("lin@mail.test", to, on_the_wire(letter(to[0])))
    assert [code for code, _words in refused.values()] == [452]


def test_a_flood_to_one_address_ends_for_the_day(
    server: Listener, features: Features, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbound, "MAX_PER_DAY", 2)
    to, other = signed_address("case", 1), signed_address("case", 2)
    for number in range(2):
        post(server, letter(to, Message_ID=f"<{number}@mail.test>"), to)
    with pytest.raises(smtplib.SMTPDataError) as caught:
        post(server, letter(to, Message_ID="<3@mail.test>"), to)
    assert caught.value.smtp_code == 452
    post(server, letter(to, Message_ID="<1@mail.test>"), to)  # delivered before: nothing new
    post(server, letter(other), other)
    assert len(mails()) == 3


@pytest.mark.parametrize(
    "command", ["VRFY lin", "EXPN students", "AUTH PLAIN AGEAYg==", "STARTTLS", "ETRN x", "TURN"]
)
def test_nothing_else_is_offered(server: Listener, features: Features, command: str) -> None:
    with client(server) as smtp:
        smtp.ehlo()
        assert smtp.docmd(command)[0] in (454, 500, 502, 504, 538)
        assert "auth" not in smtp.esmtp_features
        assert smtp.esmtp_features["size"] == str(listener.MAX_BYTES)


def test_a_chatterbox_is_shown_the_door(server: Listener, features: Features) -> None:
    with client(server) as smtp:
        codes = [smtp.docmd("NOOP")[0] for _n in range(listener.MAX_COMMANDS + 1)]
    assert (codes[0], codes[-1]) == (250, 421)
