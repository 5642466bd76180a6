"""Puts the inbox into the application: pages, API, jobs, photo rules, navigation."""

from __future__ import annotations

from importlib import import_module

from flask import Flask

from campus_service.core.actor import Actor
from campus_service.core.db import db
from campus_service.core.i18n import lazy
from campus_service.core.page import MINE, NAV
from campus_service.feedback import mailing, mine, personal, policy, queries, receipts, source, tasks
from campus_service.feedback.models import Answer, Case, Message
from campus_service.feedback.states import MessageKind
from campus_service.media import service as media

__all__ = [
    "init_app",
    "mailing",
    "personal",
    "source",
    "tasks",
]  # importing them registers jobs, addresses, what is searched
BLUEPRINTS: tuple[str, ...] = (
    "views",
    "api",
    "inbox_keep_views",
    "triage_views",
    "rules_views",
    "publishing_views",
    "figures_views",
    "open311",
)


def init_app(app: Flask) -> None:
    """Register everything that people and programs reach."""
    for name in BLUEPRINTS:
        app.register_blueprint(import_module(f"campus_service.feedback.{name}").bp)
    media.allow("feedback_case", _may_see_case_photo)
    media.allow("feedback_message", _may_see_message_photo)
    media.allow("feedback_answer", _may_see_answer_photo)


def _works_on(actor: Actor, case: Case) -> bool:
    """Staff who may read it; its sender is none of them."""
    if policy.sent(actor, case):
        return False
    return policy.can_read(actor, case, queries.is_recipient(actor, case))


def _may_read(actor: Actor, case_id: int) -> bool:
    case = db.session.get(Case, case_id)
    return case is not None and (receipts.owns(actor, case) or _works_on(actor, case))


def _may_see_case_photo(actor: Actor, case_id: int) -> bool:
    return _may_read(actor, case_id)


def _may_see_message_photo(actor: Actor, message_id: int) -> bool:
    """As its message: what hangs on an internal note is for staff."""
    message = db.session.get(Message, message_id)
    if message is None:
        return False
    if message.kind is MessageKind.NOTE:
        return _works_on(actor, db.session.get_one(Case, message.case_id))
    return _may_read(actor, message.case_id)


def _may_see_answer_photo(actor: Actor, answer_id: int) -> bool:
    answer = db.session.get(Answer, answer_id)
    return answer is not None and _may_read(actor, answer.case_id)


MINE.append(mine.section)
NAV.append({"key": "feedback", "label": lazy("反馈"), "endpoint": "feedback.new", "icon": "msg"})
