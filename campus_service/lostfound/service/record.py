"""What every change of the registry leaves behind: listing, search document, timeline step, audit entry."""

from __future__ import annotations

from typing import Any

from campus_service.core import audit
from campus_service.core.actor import Actor
from campus_service.core.clock import now, to_local
from campus_service.core.db import db
from campus_service.core.errors import Invalid
from campus_service.core.i18n import force_locale, lazy
from campus_service.core.numbers import take
from campus_service.following import service as following
from campus_service.jobs import enqueue
from campus_service.lostfound import keeping_queries, policy, queries
from campus_service.lostfound.custody import RULES, Disclosure, due_on
from campus_service.lostfound.models import CustodyEvent, Desk, FoundItem, LostReport
from campus_service.lostfound.projection import kind_of, public_text
from campus_service.lostfound.states import PRESENT, LostState
from campus_service.media import service as media
from campus_service.search import service as search
from campus_service.search.engine import SearchDoc

Report = FoundItem | LostReport


def new_number(letter: str = "", count: int = 1) -> list[str]:
    """``count`` fresh public numbers of this month: 2611-0149, or 2611-L061 with ``letter`` L."""
    month = to_local(now()).strftime("%y%m")
    first = take(f"lostfound.{month}.{letter or 'F'}", count)
    width = 3 if letter else 4
    return [f"{month}-{letter}{number:0{width}d}" for number in range(first, first + count)]


def owner_type(report: Report) -> str:
    """The name under which the report owns photos and search documents."""
    return "found_item" if isinstance(report, FoundItem) else "lost_report"


def publish(report: Report) -> None:
    """Bring the list and the search index in line with the report's state and custody class."""
    visible = policy.disclosure(report) is not Disclosure.NOTHING
    alive = report.state in PRESENT if isinstance(report, FoundItem) else report.state is LostState.OPEN
    report.listed = visible and alive
    report.updated_at = now()
    if report.listed and isinstance(report, FoundItem) and report.notice_on is None:
        report.notice_on = to_local(now()).date()
    db.session.flush()
    if not alive:
        match_later(report)
    if report.listed:
        following.publish(search_doc(report), report.reporter_id)
    else:
        search.remove(search_id(report))


def match_later(report: Report) -> None:
    """Promise to look for what the report may be the counterpart of; what is over is no longer looked for."""
    kind = kind_of(report)
    enqueue("lostfound.match", {"kind": kind.value, "id": report.id}, key=f"match:{kind}:{report.id}")


def start_custody_clock(item: FoundItem) -> None:
    """Set the day by which the custody class's rule is to be carried out."""
    period = keeping_queries.retention().get(item.custody)
    since = item.notice_on or to_local(now()).date()
    item.due_on = due_on(item.custody, since, period.days if period else None)


def search_id(report: Report) -> str:
    """The report's id in the search index."""
    return f"{kind_of(report)}:{report.id}"


def search_doc(report: Report) -> SearchDoc:
    """What may be searched of a report: public text only, in Chinese whoever wrote it."""
    with force_locale("zh_CN"):
        title, description, place = public_text(report)
    checking = isinstance(report, FoundItem) and report.open_claims > 0
    return SearchDoc(
        id=search_id(report),
        kind=kind_of(report).value,
        category=report.category.value,
        status="checking" if checking else report.state.value,
        place=report.area,
        day=int(report.occurred_on.strftime("%Y%m%d")),
        sort=report.listed_at.timestamp(),
        title=title,
        body=f"{description} {place}",
    )


def keep_photos(actor: Actor, report: Report, keys: list[str]) -> None:
    """Give the uploaded photos to the report; a class that allows no photo keeps none (domain.md §1)."""
    if not keys:
        return
    if (isinstance(report, FoundItem) and not RULES[report.custody].photo) or _is_closed_lost(report):
        media.discard(actor, keys)
        return
    public = policy.disclosure(report) is Disclosure.FULL
    photos = media.attach(actor, keys, owner_type(report), report.id, private=not public)
    report.cover = photos[0].key if photos and public else ""


def follow_with_photos(report: Report) -> None:
    """A class without photos keeps none; a class that shows no details keeps them for staff (domain.md §1)."""
    owner = owner_type(report)
    if (isinstance(report, FoundItem) and not RULES[report.custody].photo) or _is_closed_lost(report):
        media.delete_for(owner, report.id)
        report.cover = ""
        return
    public = policy.disclosure(report) is Disclosure.FULL
    media.set_private(owner, report.id, not public)
    photos = media.photos_of(owner, [report.id]).get(report.id, [])
    report.cover = photos[0].key if photos and public else ""


def _is_closed_lost(report: Report) -> bool:
    return isinstance(report, LostReport) and policy.disclosure(report) is not Disclosure.FULL


def step(item: FoundItem, actor: Actor, name: str, *, note: str = "") -> None:
    """Add a step to the item's timeline."""
    db.session.add(
        CustodyEvent(
            item_id=item.id,
            at=now(),
            actor_id=actor.id,
            step=name,
            desk_code=item.desk_code,
            shelf=item.shelf,
            note=note,
        )
    )


def note(actor: Actor, action: str, thing: Any, before: dict[str, Any], after: dict[str, Any]) -> None:
    """An audit entry about a row of the registry."""
    audit.record(actor, action, obj_type=thing.__tablename__, obj_id=thing.id, before=before, after=after)


def need_desk(code: str) -> Desk:
    """The open desk ``code``; raises Invalid naming the field."""
    desk = queries.desk(code)
    if desk is None or not desk.active:
        raise Invalid({"desk": lazy("没有“%(code)s”这个招领点，请从列表里选。", code=code)})
    return desk
