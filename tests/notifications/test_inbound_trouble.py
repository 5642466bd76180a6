"""Inbound mail when the database, a feature or the other side does not behave."""

from __future__ import annotations

import smtplib
import socket
from datetime import timedelta

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
from campus_service.notifications.inbound import signed_address
from campus_service.notifications.listener import Listener
from campus_service.notifications.models import InboundMail
from tests.notifications.letters import letter
from tests.notifications.mailroom import (
    Features,
    Work,
    client,
    mails,
    post,
    raw_connection,
)


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


def test_when_it_stops_everybody_is_hung_up_on(app: Flask, features: Features) -> None:
    stopping = Listener(app)
    stopping.start()
    with raw_connection(stopping) as idle, raw_connection(stopping) as busy:
        begin_data(busy, signed_address("case", 1))
        stopping.stop()
        assert until_closed(idle).startswith(b"220")
        assert b"250 2.0.0" not in until_closed(busy)
    with pytest.raises(ConnectionRefusedError):
        raw_connection(stopping)


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
