"""Mail comes in by a real SMTP client, is stored before it is acknowledged, and reaches the feature once."""

from __future__ import annotations

import smtplib
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import EmailMessage

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from campus_service.core.clock import freeze, now
from campus_service.core.db import db, transaction
from campus_service.core.errors import Conflict
from campus_service.core.settings import KEY
from campus_service.jobs import enqueue
from campus_service.jobs.models import JobState, OutboxRow
from campus_service.notifications import inbound, listener
from campus_service.notifications.inbound import Inbound, read_address, signed_address
from campus_service.notifications.listener import Listener
from campus_service.notifications.models import InboundMail
from tests.notifications.letters import BOUNCE, JPEG, letter, raw, with_photos

Work = Callable[[], int]
Heard = list[tuple[tuple[int, ...], Inbound]]


@dataclass
class Features:
    """What two features were given, and what the first shall raise."""

    case: Heard = field(default_factory=list)
    bounce: Heard = field(default_factory=list)
    refuse: Exception | None = None

    def on_case(self, ids: tuple[int, ...], mail: Inbound) -> None:
        if self.refuse:
            raise self.refuse
        self.case.append((ids, mail))

    def on_bounce(self, ids: tuple[int, ...], mail: Inbound) -> None:
        self.bounce.append((ids, mail))


@pytest.fixture
def features(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Features:
    heard = Features()
    monkeypatch.setattr(inbound, "ADDRESSES", {})
    inbound.register_address("case", heard.on_case)
    inbound.register_address("bounce", heard.on_bounce, automatic=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    changes = {"inbound_port": port, "inbound_domain": "answers.campus.test"}
    app.extensions[KEY] = app.extensions[KEY].model_copy(update=changes)
    return heard


@pytest.fixture
def server(app: Flask, features: Features) -> Iterator[Listener]:
    """The real listener, impatient."""
    running = Listener(app, command_s=2.0, connection_s=20.0)
    running.start()
    yield running
    running.stop()


def client(server: Listener) -> smtplib.SMTP:
    return smtplib.SMTP("127.0.0.1", server.port, "mail.test", timeout=20)


def post(server: Listener, content: EmailMessage | bytes, *to: str, sender: str = "lin@mail.test") -> None:
    """Deliver one mail."""
    with client(server) as smtp:
        smtp.sendmail(sender, to, on_the_wire(content))


def on_the_wire(content: EmailMessage | bytes) -> bytes:
    """With the line ends that SMTP wants."""
    return bytes(content).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def mails() -> list[InboundMail]:
    db.session.rollback()
    db.session.expire_all()
    return list(db.session.scalars(select(InboundMail).order_by(InboundMail.id)))


def refusal(server: Listener, to: str) -> tuple[int, str]:
    with pytest.raises(smtplib.SMTPRecipientsRefused) as caught:
        post(server, letter(to), to)
    code, words = caught.value.recipients[to]
    return code, words.decode()


# --- addresses


def test_an_address_says_again_what_it_was_made_of(app: Flask, features: Features) -> None:
    address = signed_address("case", 123, 45)
    assert address.endswith("@answers.campus.test")
    assert address.startswith("case+123.45.")
    assert read_address(address) == ("case", (123, 45))
    assert read_address(address.upper()) == ("case", (123, 45))
    assert read_address(signed_address("bounce", 7)) == ("bounce", (7,))
    assert read_address(signed_address("case", 2, 0)) == ("case", (2, 0))


def test_the_longest_address_is_one_that_mail_servers_take(app: Flask, features: Features) -> None:
    big = 2**31 - 1
    assert len(signed_address("bulletin", big, big).partition("@")[0]) <= 64


def test_an_address_cannot_be_made_by_others_or_for_others(app: Flask, features: Features) -> None:
    good = signed_address("case", 123, 45)
    signature = good.partition("@")[0].rpartition(".")[2]
    for forged in (
        good.replace("case+123.45", "case+124.45"),
        good.replace("case+123.45", "case+123.46"),
        good.replace("case+", "bounce+"),
        good.replace("case+123.45", "case+0123.45"),
        good.replace(signature, "a" * 24),
        good.replace(signature, signature[:-1]),
        good.replace("answers.campus.test", "campus.test"),
        good.replace("case+", "case"),
        signed_address("nobody", 1),
        f"x{good}",
        f"{good}x",
        good.replace("123", "１２３"),
        "",
        "@",
        "lin@mail.test",
    ):
        assert read_address(forged) is None, forged


def test_another_secret_makes_other_addresses(app: Flask, features: Features) -> None:
    good = signed_address("case", 1)
    settings = app.extensions[KEY]
    other = type(settings.secret_key)("another secret that is 32 letters long")
    app.extensions[KEY] = settings.model_copy(update={"secret_key": other})
    assert read_address(good) is None


@pytest.mark.parametrize("ids", [(), (1, 2, 3, 4), (-1,)])
def test_what_cannot_be_an_address_is_refused(app: Flask, features: Features, ids: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="one to three numbers"):
        signed_address("case", *ids)
    with pytest.raises(ValueError, match="small letters"):
        inbound.register_address("Case+", features.on_case)


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


def test_a_photo_of_eight_megabytes_comes_through(server: Listener, features: Features, work: Work) -> None:
    photo = JPEG + bytes(range(256)) * ((8 * 1024 * 1024 - len(JPEG)) // 256)
    to = signed_address("case", 1)
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


# --- trouble


def test_while_the_database_is_in_trouble_the_other_server_keeps_the_mail(
    server: Listener, features: Features, work: Work
) -> None:
    to = signed_address("case", 1)
    with db.engine.begin() as connection:
        connection.execute(text("ALTER TABLE inbound_mails RENAME TO away"))
    with pytest.raises(smtplib.SMTPDataError) as caught:
        post(server, letter(to), to)
    assert caught.value.smtp_code == 451
    assert "inbound_mails" not in str(caught.value.smtp_error)
    with db.engine.begin() as connection:
        connection.execute(text("ALTER TABLE away RENAME TO inbound_mails"))
    post(server, letter(to), to)
    work()
    assert len(features.case) == 1


def test_a_feature_that_refuses_leaves_the_mail_for_another_try(
    server: Listener, features: Features, work: Work
) -> None:
    to = signed_address("case", 1)
    features.refuse = Conflict("这件事已经办结。")
    post(server, letter(to), to)
    work()
    db.session.rollback()
    row = db.session.scalars(select(OutboxRow)).one()
    assert (row.state, "这件事已经办结" in row.last_error) == (JobState.DEAD, True)
    assert mails()[0].raw is not None
    features.refuse = None
    with transaction():
        enqueue("notifications.inbound", {"mail_id": mails()[0].id})
    work()
    assert len(features.case) == 1


def test_a_mail_handed_on_twice_is_handled_once(server: Listener, features: Features, work: Work) -> None:
    to = signed_address("case", 1)
    post(server, letter(to), to)
    with transaction():
        enqueue("notifications.inbound", {"mail_id": db.session.scalars(select(InboundMail.id)).one()})
    work()
    assert len(features.case) == 1


def test_a_mail_whose_feature_is_gone_is_a_dead_letter(
    server: Listener, features: Features, work: Work
) -> None:
    to = signed_address("case", 1)
    post(server, letter(to), to)
    del inbound.ADDRESSES["case"]
    work()
    db.session.rollback()
    assert db.session.scalars(select(OutboxRow.state)).one() is JobState.DEAD


def test_a_mail_nested_without_end_is_a_dead_letter(server: Listener, features: Features, work: Work) -> None:
    nested = b"x"
    for depth in range(2000):
        nested = b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n%s' % (depth, depth, nested)
    post(server, nested, signed_address("case", 1))
    work()
    db.session.rollback()
    states = list(db.session.scalars(select(OutboxRow.state)))
    assert states == [JobState.DEAD]


def raw_connection(server: Listener) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=20)


def until_closed(connection: socket.socket) -> bytes:
    """What the server says until it hangs up."""
    said = b""
    try:
        while chunk := connection.recv(4096):
            said += chunk
    except ConnectionResetError:
        pass
    return said


def begin_data(connection: socket.socket, to: str) -> None:
    for line in ("EHLO mail.test", "MAIL FROM:<lin@mail.test>", f"RCPT TO:<{to}>", "DATA"):
        connection.sendall(f"{line}\r\n".encode())
    said = b""
    while b"354" not in said:
        said += connection.recv(4096)


def test_bad_clients_are_hung_up_on_and_others_are_served_meanwhile(
    server: Listener, features: Features, work: Work
) -> None:
    to = signed_address("case", 1)
    silent, half = raw_connection(server), raw_connection(server)
    half.sendall(b"EHLO mail")  # never ends its line
    in_data, gone, garbage = raw_connection(server), raw_connection(server), raw_connection(server)
    begin_data(in_data, to)
    in_data.sendall(b"Subject: half\r\n\r\nhalf of a mail")
    begin_data(gone, to)
    gone.sendall(b"Subject: gone\r\n\r\nhalf of a mail")
    gone.close()
    garbage.sendall(bytes(range(256)) * 40 + b"\r\n")
    post(server, letter(to), to)
    for connection in (silent, half, in_data, garbage):
        until_closed(connection)
        connection.close()
    post(server, letter(to, Message_ID="<2@mail.test>"), to)
    work()
    assert [mail.text for _ids, mail in features.case] == ["灯还是不亮。"] * 2
    assert len(mails()) == 2


def test_one_connection_too_many_is_told_to_come_back(
    server: Listener, features: Features, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener, "MAX_CONNECTIONS", 2)
    held = [raw_connection(server) for _n in range(2)]
    assert all(connection.recv(100).startswith(b"220") for connection in held)
    with raw_connection(server) as third:
        assert until_closed(third).startswith(b"421")
    for connection in held:
        connection.sendall(b"QUIT\r\n")
        until_closed(connection)
        connection.close()
    with client(server) as smtp:
        assert smtp.noop()[0] == 250


def test_a_connection_cannot_be_kept_for_ever(app: Flask, features: Features) -> None:
    short = Listener(app, command_s=20.0, connection_s=0.3)
    short.start()
    try:
        with raw_connection(short) as connection:
            assert connection.recv(100).startswith(b"220")
            assert until_closed(connection) == b""
    finally:
        short.stop()


def test_a_port_that_is_taken_does_not_keep_the_worker_from_its_jobs(
    app: Flask, server: Listener, features: Features
) -> None:
    with pytest.raises(OSError, match="in use"):
        Listener(app).start()
    with listener.beside_the_worker(app):
        post(server, letter("x"), signed_address("case", 1))
    assert len(mails()) == 1


def test_beside_the_worker_it_listens_only_where_it_is_on(app: Flask, features: Features) -> None:
    port = app.extensions[KEY].inbound_port
    with listener.beside_the_worker(app), smtplib.SMTP("127.0.0.1", port, "mail.test", timeout=20) as smtp:
        assert smtp.noop()[0] == 250
    app.extensions[KEY] = app.extensions[KEY].model_copy(update={"inbound_port": 0})
    with listener.beside_the_worker(app), pytest.raises(ConnectionRefusedError):
        smtplib.SMTP("127.0.0.1", port, "mail.test", timeout=20)


def test_handled_mails_are_forgotten_after_a_month(server: Listener, features: Features, work: Work) -> None:
    for number in (1, 2):
        post(server, letter("x"), signed_address("case", number))
        if number == 1:
            work()
    with freeze(now() + timedelta(days=31)):
        with transaction():
            db.session.execute(text("DELETE FROM outbox"))
            enqueue("notifications.forget", {})
        work()
    assert [row.handled_at for row in mails()] == [None]
    assert db.session.scalar(select(func.count()).select_from(InboundMail)) == 1
