"""What the tests of notifications share: a real mail server on this machine, and two kinds to be told of."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from flask import Flask

from campus_service.core.i18n import lazy
from campus_service.core.settings import KEY
from campus_service.notifications.kinds import KINDS, Group, Kind, register
from tests.notifications.mailroom import features, server

__all__ = ["features", "server"]


@dataclass
class Post:
    """A mail server's memory, and what it shall answer to the next recipients and mails."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    envelopes: list[Envelope] = field(default_factory=list)
    to_recipient: list[str] = field(default_factory=list)
    to_mail: list[str] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.to_recipient:
            return self.to_recipient.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.to_mail:
            return self.to_mail.pop(0)
        assert isinstance(envelope.content, bytes)
        self.envelopes.append(envelope)
        self.mails.append(message_from_bytes(envelope.content, policy=default))
        return "250 OK"


@pytest.fixture
def post(app: Flask) -> Iterator[Post]:
    """A mail server that the application sends to."""
    memory = Post()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        memory.port = free.getsockname()[1]
    controller = Controller(memory, hostname="127.0.0.1", port=memory.port)
    controller.start()
    mail_through(app, f"smtp://127.0.0.1:{memory.port}")
    yield memory
    controller.stop()


def mail_through(app: Flask, url: str) -> None:
    """Let the application send its mails to ``url``."""
    app.extensions[KEY] = app.extensions[KEY].model_copy(update={"mail_url": url})


@pytest.fixture(autouse=True)
def _kinds() -> Iterator[None]:
    """Two kinds that belong to these tests."""
    register(Kind("test.claimed", Group.CLAIMS, lazy("有人认领：%(item)s"), lazy("请在 %(days)s 天内答复。")))
    register(Kind("test.shelf", Group.DESK, lazy("架子满了"), lazy("请腾出一格。")))
    yield
    for code in [code for code in KINDS if code.startswith("test.")]:
        del KINDS[code]
