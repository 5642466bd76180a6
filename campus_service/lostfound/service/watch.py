"""The alarms of custody: in transit too long, handed in but never logged. Told once to the desks, then to security."""

from __future__ import annotations

from datetime import timedelta

from campus_service.core.clock import now, to_local
from campus_service.core.permissions import Permission as P
from campus_service.lostfound import custody_queries, notices

# What no desk logged for so many days after the finder's word goes to security [p].
SECURITY_DAYS = 3


def daily() -> dict[str, int]:
    """Tell whom it concerns; returns how many of each. Running it twice on a day changes nothing more."""
    return {"overdue": _overdue(), "unlogged": _unlogged()}


def _overdue() -> int:
    moment = now()
    due = custody_queries.overdue_legs(moment)
    for leg in (fresh := [leg for leg in due if leg.alarmed_at is None]):
        leg.alarmed_at = moment
        notices.tell_desks_of_overdue(leg)
    today = to_local(moment).date()
    # Security hears of the others once a day: the mark moves on with it.
    known = [leg for leg in due if leg.alarmed_at and to_local(leg.alarmed_at).date() < today]
    for leg in known:
        leg.alarmed_at = moment
    if known:
        notices.tell_security_of_overdue(len(known))
    return len(fresh)


def _unlogged() -> int:
    moment = now()
    told = 0
    for item in custody_queries.unlogged(moment):
        if item.unlogged_told_at is None:
            item.unlogged_told_at = moment
            notices.tell_of_unlogged(item, P.LOSTFOUND_ITEM_MOVE)
            told += 1
        late = item.created_at < moment - timedelta(days=SECURITY_DAYS)
        if item.unlogged_security_at is None and late:
            item.unlogged_security_at = moment
            notices.tell_of_unlogged(item, P.LOSTFOUND_RETURN_CONFIRM)
    return told
