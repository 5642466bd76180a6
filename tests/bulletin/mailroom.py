"""What the tests of the bulletin's mail share: readers, and a real mail server that keeps what it is given."""

from __future__ import annotations

import email
import email.policy
import socket
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from flask import Flask
from sqlalchemy import select

from campus_service.bulletin.commands import Subscribe
from campus_service.bulletin.models import Subscriber
from campus_service.bulletin.service import subscribing
from campus_service.bulletin.states import Section
from campus_service.core.db import transaction
from campus_service.core.settings import KEY
from tests.bulletin.sink import Sink


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def reader(address: str, *sections: Section, whole: bool = False) -> Subscriber:
    """Somebody who has asked for it and confirmed."""
    with transaction() as session:
        subscribing.subscribe(Subscribe(email=address, whole=whole, sections=list(sections)), "zh_CN")
        row = session.scalars(select(Subscriber).where(Subscriber.email == address)).one()
        return subscribing.confirm(row.token)


@pytest.fixture
def mails(app: Flask, tmp_path: Path) -> Iterator[Callable[[], dict[str, EmailMessage]]]:
    """What a real mail server has been given, by recipient."""
    folder, port = tmp_path / "mails", free_port()
    folder.mkdir()
    sink = Sink(tmp_path / "log", folder)
    controller = Controller(sink, "127.0.0.1", port)
    controller.start()
    change(app, mail_url=f"smtp://127.0.0.1:{port}")

    def got() -> dict[str, EmailMessage]:
        found = {
            path.stem: email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            for path in folder.glob("*.eml")
        }
        # The newsroom's people are told of an issue by mail too.
        return {to: mail for to, mail in found.items() if mail["List-Id"]}

    yield got
    controller.stop()
    sink.close()


def change(app: Flask, **settings: Any) -> None:
    app.extensions[KEY] = app.extensions[KEY].model_copy(update=settings)
