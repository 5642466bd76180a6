"""What a person lost, found, claimed and wrote here: copied for him, and taken away but for what the law keeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import contains_eager

from campus_service.core import personal
from campus_service.core.actor import Actor
from campus_service.core.db import db
from campus_service.core.i18n import LazyString, force_locale, lazy
from campus_service.lostfound.models import (
    Claim,
    Commendation,
    ContactMessage,
    ContactThread,
    CustodyEvent,
    FoundItem,
    LostReport,
    Pickup,
)
from campus_service.lostfound.projection import teaser_title
from campus_service.lostfound.service import matching, record, upkeep
from campus_service.lostfound.service.claiming import end
from campus_service.lostfound.service.reporting import change_state
from campus_service.lostfound.states import PRESENT, UNDECIDED, ClaimState, FoundState, Kind, LostState
from campus_service.media import service as media
from campus_service.notifications.personal import forget_about

# What the site adds for itself, or the desks for themselves.
_OURS = (
    "reporter_id",
    "source_ref",
    "version",
    "open_claims",
    "shelf",
    "question",
    "finder_name",
    "contents",
)
_CLAIM = ("claimant_id", "decided_by", "code_nonce", "version")
_PICKUP = ("opened_by", "id_checked_by", "version")


def _copy(person: personal.Person) -> Mapping[str, Any]:
    claims = select(Claim.id).where(Claim.claimant_id == person.id)
    threads = select(ContactThread.id).where(_takes_part(person))
    his = (ContactMessage.thread_id.in_(threads), ContactMessage.author_id == person.id)
    return {
        "lost": personal.rows(LostReport, LostReport.reporter_id == person.id, leave_out=_OURS),
        "found": personal.rows(FoundItem, FoundItem.reporter_id == person.id, leave_out=_OURS),
        "claims": personal.rows(Claim, Claim.claimant_id == person.id, leave_out=_CLAIM),
        "pickups": personal.rows(Pickup, Pickup.claim_id.in_(claims), leave_out=_PICKUP),
        "thanks": personal.rows(Commendation, Commendation.person_id == person.id, leave_out=("person_id",)),
        "letters": personal.rows(ContactMessage, *his, leave_out=("author_id",)),
    }


def _takes_part(person: personal.Person) -> Any:
    return or_(ContactThread.asker_id == person.id, ContactThread.poster_id == person.id)


def _erase(person: personal.Person) -> None:
    # His thanks go with their name; the day stays in the audit log.
    db.session.execute(delete(Commendation).where(Commendation.person_id == person.id))
    matching.forget(Kind.LOST, [report.id for report in _his(LostReport, person)])
    reports = [row for model in (LostReport, FoundItem) for row in _his(model, person)]
    for report in reports:
        if isinstance(report, LostReport):
            _erase_lost(report)
        else:
            _erase_found(person, report)
    _erase_claims(person)
    threads = select(ContactThread.id).where(_takes_part(person))
    db.session.execute(delete(ContactMessage).where(ContactMessage.thread_id.in_(threads)))
    db.session.execute(delete(ContactThread).where(_takes_part(person)))
    steps = update(CustodyEvent).where(CustodyEvent.actor_id == person.id)
    db.session.execute(steps.values(actor_id=None))


def _his(model: Any, person: personal.Person) -> Sequence[Any]:
    return db.session.scalars(select(model).where(model.reporter_id == person.id)).all()


def _erase_lost(report: LostReport) -> None:
    """Only that something of this kind was missed in this area stays, for the figures."""
    if report.state is LostState.OPEN:
        change_state(Actor.system(), report, LostState.WITHDRAWN)
    with force_locale("zh_CN"):
        report.title = teaser_title(report.category.value)
    report.description = report.place = report.private_marks = report.contact = report.cover = ""
    report.reporter_id = None
    media.delete_for("lost_report", report.id)
    forget_about([f"/lost-found/{report.no}"])
    db.session.flush()


def _erase_found(person: personal.Person, item: FoundItem) -> None:
    """The record of the thing stays (Civil Code 314-318), without its finder; once it is gone, without his words."""
    item.reporter_id, item.contact, item.finder_name = None, "", ""
    for name in ("title", "description", "place", "private_marks"):
        setattr(item, name, personal.without(getattr(item, name), person))
    if item.state not in PRESENT:
        item.description = item.private_marks = item.cover = ""
        media.delete_for("found_item", item.id)
    record.publish(item)


def _erase_claims(person: personal.Person) -> None:
    mine = select(Claim).join(Claim.item).where(Claim.claimant_id == person.id)
    for claim in db.session.scalars(mine.options(contains_eager(Claim.item))).all():
        if claim.state in UNDECIDED:
            end(Actor.system(), claim, ClaimState.WITHDRAWN)
        upkeep.purge(Actor.system(), claim)


def _unfinished(person: personal.Person) -> Sequence[LazyString]:
    approved = (Claim.claimant_id == person.id, Claim.state == ClaimState.APPROVED)
    kept = (FoundItem.reporter_id == person.id, FoundItem.state == FoundState.REPORTED)
    to_collect = db.session.scalars(
        select(FoundItem.no).join(Claim, Claim.item_id == FoundItem.id).where(*approved)
    )
    to_hand_in = db.session.scalars(select(FoundItem.no).where(*kept))
    return [
        *(lazy("认领 %(no)s 已经通过：先来领，或撤回认领。", no=no) for no in to_collect),
        *(lazy("你登记捡到的 %(no)s 还在你手里：先交到招领点。", no=no) for no in to_hand_in),
    ]


personal.register("lost_and_found", personal.Part(_copy, _erase, unfinished=_unfinished))
