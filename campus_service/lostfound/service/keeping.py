"""How long things are kept, and the monthly 招领公告 from which the law's year counts (Civil Code 315, 318)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from sqlalchemy import update

from campus_service.core.actor import Actor
from campus_service.core.clock import BEIJING, now, today
from campus_service.core.db import db, insert_or
from campus_service.core.errors import Conflict
from campus_service.core.i18n import lazy
from campus_service.core.permissions import Permission as P
from campus_service.lostfound import keeping_queries, policy
from campus_service.lostfound.custody import Disclosure, due_on
from campus_service.lostfound.keeping_commands import SetRetention
from campus_service.lostfound.models import FoundItem, PublicNotice, RetentionRule
from campus_service.lostfound.service import record
from campus_service.lostfound.states import PRESENT


def set_retention(actor: Actor, command: SetRetention) -> None:
    """Keep things of a class so many days from their notice on, also those that lie here already.

    Needs lostfound:retention:set.
    """
    actor.require(P.LOSTFOUND_RETENTION_SET)
    before = keeping_queries.retention().get(command.custody)
    rule = RetentionRule(
        custody=command.custody,
        days=command.days,
        reason=command.reason,
        set_by=actor.person_id(),
        set_at=now(),
    )
    db.session.add(rule)
    db.session.flush()
    for day in keeping_queries.notice_days(command.custody):
        db.session.execute(
            update(FoundItem)
            .where(
                FoundItem.custody == command.custody,
                FoundItem.state.in_(PRESENT),
                FoundItem.due_on.is_not(None),
                FoundItem.notice_on == day,
            )
            .values(due_on=due_on(command.custody, day, command.days), version=FoundItem.version + 1)
            .execution_options(synchronize_session=False)
        )
    old = {"days": before.days} if before else {}
    after = {"custody": command.custody, "days": command.days, "reason": command.reason}
    record.note(actor, "retention.set", rule, old, after)


# --- 招领公告 --------------------------------------------------------------------------------------------------


def last_month() -> str:
    """The month before this one, as yyyy-mm: the one whose notice is due."""
    return f"{today().replace(day=1) - timedelta(days=1):%Y-%m}"


def publish_notice(actor: Actor) -> PublicNotice:
    """Publish last month's notice. Needs lostfound:item:intake. Raises Conflict when it is out."""
    actor.require(P.LOSTFOUND_ITEM_INTAKE)
    notice = publish_if_missing(actor)
    if notice is None:
        raise Conflict(lazy("%(month)s 的招领公告已经公布了。", month=last_month()))
    return notice


def publish_if_missing(actor: Actor) -> PublicNotice | None:
    """Publish last month's notice unless it is out: what came in then and still waits for its owner.

    The published lines never change. The day is kept on each thing that had no notice yet; its term counts from it.
    """
    month = last_month()
    start = datetime.combine(date.fromisoformat(f"{month}-01"), time(), BEIJING)
    items = keeping_queries.came_in(start, datetime.combine(today().replace(day=1), time(), BEIJING))
    shown = [item for item in items if policy.disclosure(item) is not Disclosure.NOTHING]
    counted = Counter(item.custody.value for item in items if policy.disclosure(item) is Disclosure.NOTHING)
    row = {
        "month": month,
        "published_at": now(),
        "published_by": actor.id,
        "lines": [_line(item) for item in shown],
        "counted": dict(counted),
    }
    made = db.session.scalar(
        insert_or(PublicNotice).values(**row).on_conflict_do_nothing().returning(PublicNotice)
    )
    if made is None:
        return None
    _keep_the_day(shown)
    record.note(actor, "public_notice.published", made, {}, {"month": month, "items": len(shown)})
    return made  # type: ignore[no-any-return]


def _line(item: FoundItem) -> dict[str, str]:
    """What everybody may know of any listed thing: no title, no words of anybody's, for it cannot be taken back."""
    return {
        "no": item.no,
        "category": item.category.value,
        "area": item.area,
        "day": item.occurred_on.isoformat(),
    }


def _keep_the_day(items: Sequence[FoundItem]) -> None:
    for item in items:
        if item.notice_on is None:
            item.notice_on = today()
            record.start_custody_clock(item)
