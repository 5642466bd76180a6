"""What the tests of inbound mail share: two features that want mail, the real listener, and a client."""

from __future__ import annotations

import smtplib
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage

import pytest
from flask import Flask
from sqlalchemy import select

from campus_service.core.db import db
from campus_service.core.settings import KEY
from campus_service.notifications import inbound
from campus_service.notifications.inbound import Inbound
from campus_service.notifications.listener import Listener
from campus_service.notifications.models import InboundMail
from tests.notifications.letters import letter

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
    running = Listener(app, command_s=4.0, connection_s=30.0)
    running.start()
    yield running
    running.stop()


@contextmanager
def patient(app: Flask) -> Iterator[Listener]:
    """The listener as it is set up for real: on a busy machine a large mail takes its time."""
    running = Listener(app)
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


def raw_connection(server: Listener) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=20)
