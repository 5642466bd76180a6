"""Changing what a report says: a better word, another day, one photo more."""

from __future__ import annotations

from campus_service.core.actor import Actor
from campus_service.core.db import db
from campus_service.core.errors import Conflict, Forbidden
from campus_service.core.i18n import lazy
from campus_service.lostfound import desk_queries, policy, queries
from campus_service.lostfound.commands import ChangeReport
from campus_service.lostfound.models import FoundItem
from campus_service.lostfound.service import contents, record
from campus_service.lostfound.service.reporting import said
from campus_service.media import service as media


def to_change(actor: Actor, no: str) -> record.Report:
    """The report ``no`` for somebody who may change it.

    Raises NotFound and Forbidden for others, Conflict while somebody claims the thing: what his answer is compared
    with does not change meanwhile.
    """
    report = queries.report(actor, no)
    actor.person_id()
    if not policy.can_change(actor, report):
        raise Forbidden()
    if isinstance(report, FoundItem) and desk_queries.is_claimed(report.id):
        raise Conflict(lazy("%(no)s 有人在认领，核对完之前改不了。", no=report.no))
    return report


def change(actor: Actor, no: str, command: ChangeReport) -> record.Report:
    """Let the report ``no`` say what ``command`` says, and look for counterparts anew.

    Raises what ``to_change`` raises, and Invalid for photos that are not the actor's.
    """
    report = to_change(actor, no)
    changed = [name for name, value in said(command).items() if getattr(report, name) != value]
    before = _summary(report)
    for name, value in said(command).items():
        setattr(report, name, value)
    if _change_photos(actor, report, command.photos):
        changed.append("photos")
    if not changed:
        return report
    if isinstance(report, FoundItem):
        contents.reclassify(actor, report)
    record.follow_with_photos(report)
    record.publish(report)
    record.match_later(report)
    record.note(
        actor, f"{record.owner_type(report)}.changed", report, before, _summary(report) | {"changed": changed}
    )
    return report


def _change_photos(actor: Actor, report: record.Report, wanted: list[str]) -> bool:
    owner = record.owner_type(report)
    have = {photo.key for photo in media.photos_of(owner, [report.id]).get(report.id, [])}
    gone, new = have - set(wanted), [key for key in wanted if key not in have]
    media.remove_from(owner, report.id, gone)
    db.session.flush()
    record.keep_photos(actor, report, new)
    return bool(gone or new)


def _summary(report: record.Report) -> dict[str, object]:
    """For the audit log: what the thing is, not the words, which may name a person."""
    return {"category": report.category, "area": report.area}
