"""Subscribing: two windows at the same moment are one reader."""

from __future__ import annotations

import threading

from flask import Flask
from sqlalchemy import select

from campus_service.bulletin.models import Subscriber
from campus_service.core.db import db


def test_the_form_sent_twice_at_the_same_moment_is_one_subscription(app: Flask) -> None:
    ready, statuses = threading.Barrier(4), []

    def sent() -> None:
        client = app.test_client()
        ready.wait(20)
        answer = client.post("/compass/subscribe", data={"email": "lin@mail.test", "sections": "tips"})
        statuses.append(answer.status_code)

    threads = [threading.Thread(target=sent) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    (row,) = db.session.scalars(select(Subscriber)).all()
    assert (statuses, row.email, row.sections, row.asked) == ([302] * 4, "lin@mail.test", ["tips"], 3)
