"""A reader's subscription: copied for him, and taken away. What was published keeps the name that stands over it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, select

from campus_service.bulletin.models import Delivery, Subscriber
from campus_service.core import personal
from campus_service.core.db import db


def _copy(person: personal.Person) -> Mapping[str, Any]:
    mine = select(Subscriber.id).where(Subscriber.email == person.email)
    return {
        "subscription": personal.rows(Subscriber, Subscriber.email == person.email, leave_out=("token",)),
        "mails": personal.rows(Delivery, Delivery.subscriber_id.in_(mine), leave_out=("error",)),
    }


def _erase(person: personal.Person) -> None:
    mine = select(Subscriber.id).where(Subscriber.email == person.email)
    db.session.execute(delete(Delivery).where(Delivery.subscriber_id.in_(mine)))
    db.session.execute(delete(Subscriber).where(Subscriber.email == person.email))


personal.register("bulletin", personal.Part(_copy, _erase))
