"""Posting what was lost or found, and what the loser does with his report afterwards."""

from __future__ import annotations

from datetime import datetime, timedelta

from campus_service.core.actor import Actor
from campus_service.core.calendar import calendar
from campus_service.core.clock import now, today
from campus_service.core.db import db
from campus_service.core.errors import Forbidden
from campus_service.core.once import once
from campus_service.core.permissions import Permission as P
from campus_service.core.places import area_of
from campus_service.lostfound import policy, queries
from campus_service.lostfound.commands import PostFound, PostLost, PostReport
from campus_service.lostfound.custody import class_of
from campus_service.lostfound.models import FoundItem, LostReport
from campus_service.lostfound.service import record
from campus_service.lostfound.states import LOST_REPORT, LostState

# "Still missing?" is asked after this time [p]; unanswered for LAPSE_DAYS the report lapses.
REMIND_DAYS = 30
LAPSE_DAYS = 14
# Civil Code 314: a finder tells the owner or hands in promptly; we remind after three days [p].
HAND_IN_DAYS = 3
# domain.md §1 [p]: what a finder says he brought must be in the ledger by the closing of the next working day.
LOG_DAYS = 1


def log_due(moment: datetime) -> datetime:
    """When a desk should have logged what a finder at ``moment`` said that he brings."""
    return calendar().closing_of_nth_day(moment, LOG_DAYS)


def post_lost(actor: Actor, command: PostLost) -> str:
    """Post a lost report; returns its number. The same ``request_key`` posts once. Needs lostfound:report:post."""
    actor.require(P.LOSTFOUND_REPORT_POST)
    return once(actor, "lost", command.request_key, lambda: _post_lost(actor, command).no)


def post_found(actor: Actor, command: PostFound) -> str:
    """Post a found item that the finder still has; returns its number. Needs lostfound:report:post."""
    actor.require(P.LOSTFOUND_REPORT_POST)
    return once(actor, "found", command.request_key, lambda: _post_found(actor, command).no)


def common(actor: Actor, command: PostReport) -> dict[str, object]:
    """The columns that both kinds of report take from a command."""
    moment = now()
    return said(command) | {
        "reporter_id": actor.id,
        "created_at": moment,
        "updated_at": moment,
        "listed_at": moment,
    }


def said(command: PostReport) -> dict[str, object]:
    """The columns that hold what somebody says of the thing."""
    return {
        "title": command.title,
        "description": command.description,
        "category": command.category,
        "area": area_of(command.place),
        "place": command.place,
        "occurred_on": command.occurred_on,
        "day_part": command.day_part or "",
        "private_marks": command.private_marks,
        "contact": command.contact,
    }


def _post_lost(actor: Actor, command: PostLost) -> LostReport:
    (number,) = record.new_number("L")
    report = LostReport(
        no=number,
        state=LostState.OPEN,
        remind_on=today() + timedelta(days=REMIND_DAYS),
        **common(actor, command),
    )
    db.session.add(report)
    db.session.flush()
    record.keep_photos(actor, report, command.photos)
    record.publish(report)
    record.match_later(report)
    record.note(actor, "lost_report.posted", report, {}, _summary(report))
    return report


def _post_found(actor: Actor, command: PostFound) -> FoundItem:
    if command.hand_in:
        record.need_desk(command.hand_in)
    (number,) = record.new_number()
    item = FoundItem(
        no=number,
        custody=class_of(command.category),
        hand_in_by=today() + timedelta(days=0 if command.hand_in else HAND_IN_DAYS),
        contents=[],
        hand_in_desk=command.hand_in or None,
        log_by=log_due(now()) if command.hand_in else None,
        **common(actor, command),
    )
    db.session.add(item)
    db.session.flush()
    record.keep_photos(actor, item, command.photos)
    record.step(item, actor, "posted")
    record.publish(item)
    record.match_later(item)
    record.note(actor, "found_item.posted", item, {}, _summary(item))
    return item


def _summary(report: FoundItem | LostReport) -> dict[str, object]:
    return {"no": report.no, "category": report.category, "area": report.area, "state": report.state}


def recover(actor: Actor, no: str) -> LostReport:
    """The loser has it back. Raises Conflict when the report is over."""
    return _move(actor, no, LostState.RECOVERED)


def withdraw(actor: Actor, no: str) -> LostReport:
    """The loser takes the report back. Raises Conflict when the report is over."""
    return _move(actor, no, LostState.WITHDRAWN)


def renew(actor: Actor, no: str) -> LostReport:
    """Still missing: the answer to the reminder; also brings a lapsed report back."""
    report = _mine(actor, no)
    if report.state is not LostState.OPEN:
        LOST_REPORT.check(report.state, LostState.OPEN)
    before = {"state": report.state, "remind_on": report.remind_on}
    report.state = LostState.OPEN
    report.remind_on, report.reminded_at = today() + timedelta(days=REMIND_DAYS), None
    record.publish(report)
    record.match_later(report)
    record.note(
        actor, "lost_report.renewed", report, before, {"state": report.state, "remind_on": report.remind_on}
    )
    return report


def change_state(actor: Actor, report: LostReport, new: LostState) -> None:
    """Move a lost report; raises Conflict for an unlisted move."""
    LOST_REPORT.check(report.state, new)
    before = report.state
    report.state = new
    record.publish(report)
    record.note(actor, f"lost_report.{new}", report, {"state": before}, {"state": new})


def _move(actor: Actor, no: str, new: LostState) -> LostReport:
    report = _mine(actor, no)
    change_state(actor, report, new)
    return report


def _mine(actor: Actor, no: str) -> LostReport:
    report = queries.lost_report(actor, no)
    actor.person_id()
    if not policy.owns(actor, report):
        raise Forbidden()
    return report
