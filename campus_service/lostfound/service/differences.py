"""Where ledger and hands do not agree: opened by an arrival or a count, settled when the thing is where it should be."""

from __future__ import annotations

from collections.abc import Iterable

from campus_service.core.actor import Actor
from campus_service.core.clock import now
from campus_service.core.db import db, on_violation
from campus_service.core.errors import Conflict
from campus_service.core.i18n import lazy
from campus_service.lostfound import custody_queries
from campus_service.lostfound.commands_custody import Settle
from campus_service.lostfound.models import CustodyLeg, Difference, FoundItem
from campus_service.lostfound.service import record
from campus_service.lostfound.states import DifferenceKind

on_violation(
    "uq_custody_differences_one_open_per_leg",
    "custody_differences.leg_id",
    error=lambda: Conflict(lazy("这一程已经有人报过差异，先看那一条。")),
)


def of_leg(actor: Actor, leg: CustodyLeg, kind: DifferenceKind, note: str) -> Difference:
    """Open a difference at the arrival of ``leg``; one at a time for a leg."""
    row = Difference(
        item_id=leg.item_id, kind=kind, leg_id=leg.id, opened_at=now(), opened_by=actor.person_id(), note=note
    )
    db.session.add(row)
    db.session.flush()
    record.note(actor, "difference.opened", row, {}, {"item": leg.item.no, "kind": kind})
    return row


def settle(actor: Actor, difference_id: int, command: Settle) -> Difference:
    """Say how a difference was cleared up. Needs lostfound:item:move.

    Raises Conflict when that was said already, or while the thing is on its way: then it is received or taken back.
    """
    row = custody_queries.difference(actor, difference_id)
    if row.settled_at is not None:
        raise Conflict(lazy("%(no)s 的这条差异已经处理过了。", no=row.item.no))
    leg = custody_queries.open_leg(row.item_id)
    if leg is not None and leg.id == row.leg_id:
        raise Conflict(lazy("%(no)s 还在路上：到了就签收，没走就收回。", no=row.item.no))
    _settle(actor, row, command.note)
    return row


def settle_all(actor: Actor, rows: Iterable[Difference], why: str) -> None:
    """Settle what a later step has answered."""
    for row in rows:
        _settle(actor, row, why)


def found_again(actor: Actor, item: FoundItem) -> None:
    """Somebody had the thing in his hands: it is not missing any more."""
    rows = custody_queries.unsettled_of(item.id)
    settle_all(actor, [row for row in rows if row.kind is DifferenceKind.MISSING], str(lazy("找到了")))


def _settle(actor: Actor, row: Difference, why: str) -> None:
    row.settled_at, row.settled_by, row.settled_note = now(), actor.id, why
    record.note(actor, "difference.settled", row, {"kind": row.kind}, {"note": why})
