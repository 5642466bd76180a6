"""SELECTs about the way between desks, counts of shelves, contents, and what needs attention."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import contains_eager

from campus_service.core.actor import Actor
from campus_service.core.clock import now
from campus_service.core.db import db
from campus_service.core.errors import NotFound
from campus_service.core.permissions import Permission as P
from campus_service.lostfound import policy
from campus_service.lostfound.custody import CustodyClass
from campus_service.lostfound.models import (
    Claim,
    CustodyEvent,
    CustodyLeg,
    Difference,
    FoundItem,
    ItemContent,
    StockCount,
    StockTake,
)
from campus_service.lostfound.states import ALIVE, UNDECIDED, FoundState

# Valuables that nobody claimed for so long are looked at again [p].
VALUABLE_DAYS = 30
# A section of the dashboard shows at most so many lines.
SECTION = 50


def _open_leg() -> Any:
    return and_(CustodyLeg.received_at.is_(None), CustodyLeg.taken_back_at.is_(None))


def _legs() -> Select[CustodyLeg]:
    return (
        select(CustodyLeg)
        .join(CustodyLeg.item)
        .options(contains_eager(CustodyLeg.item))
        .order_by(CustodyLeg.due_at, CustodyLeg.id)
    )


# --- legs ----------------------------------------------------------------------------------------------------------


def items(actor: Actor, numbers: Collection[str]) -> dict[str, FoundItem]:
    """Found items by number, those that ``actor`` may know of."""
    rows = db.session.scalars(select(FoundItem).where(FoundItem.no.in_(numbers)))
    return {row.no: row for row in rows if policy.can_see(actor, row)}


def open_leg(item_id: int) -> CustodyLeg | None:
    """The leg on which an item travels now."""
    return db.session.scalar(_legs().where(CustodyLeg.item_id == item_id, _open_leg()))


def legs_of(item_id: int) -> Sequence[CustodyLeg]:
    """All legs of an item, oldest first."""
    return db.session.scalars(
        select(CustodyLeg).where(CustodyLeg.item_id == item_id).order_by(CustodyLeg.id)
    ).all()


def on_the_way(actor: Actor, desk: str = "") -> Sequence[CustodyLeg]:
    """Open legs to ``desk`` (to any without), the most urgent first. Needs lostfound:item:move."""
    actor.require(P.LOSTFOUND_ITEM_MOVE)
    wanted = [CustodyLeg.to_desk == desk] if desk else []
    return db.session.scalars(_legs().where(_open_leg(), *wanted).limit(500)).all()


def overdue_legs(moment: datetime, limit: int | None = None) -> Sequence[CustodyLeg]:
    """Open legs whose clock ran out before ``moment``."""
    return db.session.scalars(_legs().where(_open_leg(), CustodyLeg.due_at < moment).limit(limit)).all()


# --- differences ---------------------------------------------------------------------------------------------------


def _unsettled() -> Select[Difference]:
    return (
        select(Difference)
        .join(Difference.item)
        .where(Difference.settled_at.is_(None))
        .options(contains_eager(Difference.item))
        .order_by(Difference.id)
    )


def unsettled(limit: int | None = None) -> Sequence[Difference]:
    """Differences that nobody has cleared up."""
    return db.session.scalars(_unsettled().limit(limit)).all()


def unsettled_of(item_id: int) -> Sequence[Difference]:
    """The open differences of one item."""
    return db.session.scalars(_unsettled().where(Difference.item_id == item_id)).all()


def difference(actor: Actor, difference_id: int) -> Difference:
    """One difference with its item; raises NotFound. Needs lostfound:item:move."""
    actor.require(P.LOSTFOUND_ITEM_MOVE)
    row = db.session.scalar(
        select(Difference)
        .join(Difference.item)
        .where(Difference.id == difference_id)
        .options(contains_eager(Difference.item))
    )
    if row is None:
        raise NotFound()
    return row


# --- stock-takes ---------------------------------------------------------------------------------------------------


def stock_take(actor: Actor, take_id: int) -> StockTake:
    """One stock-take; raises NotFound. Needs lostfound:item:move."""
    actor.require(P.LOSTFOUND_ITEM_MOVE)
    row = db.session.get(StockTake, take_id)
    if row is None:
        raise NotFound()
    return row


def stock_takes(actor: Actor) -> Sequence[tuple[StockTake, int, int]]:
    """The open ones first, then the last closed: each with how many things were counted and differed."""
    actor.require(P.LOSTFOUND_ITEM_MOVE)
    counted = select(func.count()).where(StockCount.stock_take_id == StockTake.id).scalar_subquery()
    differed = select(func.count()).where(Difference.stock_take_id == StockTake.id).scalar_subquery()
    rows = db.session.execute(
        select(StockTake, counted, differed)
        .order_by(StockTake.closed_at.is_not(None), StockTake.id.desc())
        .limit(SECTION)
    )
    return [(row[0], row[1], row[2]) for row in rows]


def open_stock_takes(actor: Actor, desk: str) -> Sequence[StockTake]:
    """Counts that are going on at ``desk``. Needs lostfound:item:move."""
    actor.require(P.LOSTFOUND_ITEM_MOVE)
    return db.session.scalars(
        select(StockTake)
        .where(StockTake.desk_code == desk, StockTake.closed_at.is_(None))
        .order_by(StockTake.id)
    ).all()


def expected_at(take: StockTake) -> Sequence[FoundItem]:
    """What the ledger says lies there now."""
    where = [FoundItem.state == FoundState.HELD, FoundItem.desk_code == take.desk_code]
    if take.shelf:
        where.append(func.upper(FoundItem.shelf) == take.shelf)
    return db.session.scalars(select(FoundItem).where(*where).order_by(FoundItem.shelf, FoundItem.no)).all()


def count_of(take_id: int, item_id: int) -> StockCount | None:
    """The count of one item in a stock-take."""
    return db.session.scalar(
        select(StockCount).where(StockCount.stock_take_id == take_id, StockCount.item_id == item_id)
    )


def counts_of(take_id: int) -> Sequence[StockCount]:
    """What was counted, the last first."""
    return db.session.scalars(
        select(StockCount)
        .join(StockCount.item)
        .where(StockCount.stock_take_id == take_id)
        .options(contains_eager(StockCount.item))
        .order_by(StockCount.id.desc())
    ).all()


def moved_since(counts: Sequence[StockCount]) -> set[int]:
    """The counted items that took a step after they were counted: what they are now is no difference."""
    if not counts:
        return set()
    rows = db.session.execute(
        select(CustodyEvent.item_id)
        .join(StockCount, StockCount.item_id == CustodyEvent.item_id)
        .where(StockCount.stock_take_id == counts[0].stock_take_id, CustodyEvent.at > StockCount.counted_at)
        .distinct()
    )
    return {row.item_id for row in rows}


def differences_of(take_id: int) -> Sequence[Difference]:
    """What a closed count found, with the explanations."""
    return db.session.scalars(
        select(Difference)
        .join(Difference.item)
        .where(Difference.stock_take_id == take_id)
        .options(contains_eager(Difference.item))
        .order_by(Difference.kind, Difference.id)
    ).all()


# --- contents ------------------------------------------------------------------------------------------------------


def contents_of(item_id: int) -> Sequence[ItemContent]:
    """What is inside an item, line by line; for staff only."""
    return db.session.scalars(
        select(ItemContent).where(ItemContent.item_id == item_id).order_by(ItemContent.line)
    ).all()


def uncounted(item_ids: Collection[int]) -> set[int]:
    """Which of these items hold cash that two people have not counted."""
    lines = db.session.scalars(select(ItemContent).where(ItemContent.item_id.in_(item_ids)))
    return {line.item_id for line in lines if line.uncounted}


# --- what needs attention ------------------------------------------------------------------------------------------


def _unlogged(moment: datetime) -> tuple[Any, ...]:
    return (
        FoundItem.state == FoundState.REPORTED,
        FoundItem.hand_in_desk.is_not(None),
        FoundItem.log_by < moment,
    )


def unlogged(moment: datetime, limit: int | None = None) -> Sequence[FoundItem]:
    """Things that a finder said he brought, and no desk logged in time."""
    return db.session.scalars(
        select(FoundItem).where(*_unlogged(moment)).order_by(FoundItem.log_by, FoundItem.id).limit(limit)
    ).all()


def due(day: date) -> Sequence[FoundItem]:
    """Held things whose custody class's rule must be carried out by ``day``."""
    return db.session.scalars(
        select(FoundItem)
        .where(FoundItem.state == FoundState.HELD, FoundItem.due_on <= day)
        .order_by(FoundItem.due_on, FoundItem.id)
        .limit(SECTION)
    ).all()


def unclaimed_valuables(moment: datetime) -> Sequence[FoundItem]:
    """Valuables held for more than VALUABLE_DAYS that nobody claims at present, the oldest first."""
    claimed = select(Claim.item_id).where(Claim.state.in_(ALIVE))
    return db.session.scalars(
        select(FoundItem)
        .where(
            FoundItem.state == FoundState.HELD,
            FoundItem.custody == CustodyClass.VALUABLE,
            FoundItem.taken_in_at < moment - timedelta(days=VALUABLE_DAYS),
            FoundItem.id.not_in(claimed),
        )
        .order_by(FoundItem.taken_in_at, FoundItem.id)
        .limit(SECTION)
    ).all()


def waiting_claims() -> Sequence[Claim]:
    """Undecided claims with their items, the longest waiting first."""
    return db.session.scalars(
        select(Claim)
        .join(Claim.item)
        .where(Claim.state.in_(UNDECIDED))
        .order_by(Claim.submitted_at, Claim.id)
        .limit(200)
        .options(contains_eager(Claim.item))
    ).all()


def alarm_counts() -> dict[str, Select[int]]:
    """How many things need somebody now, by the section of the dashboard; and how many are on their way."""
    moment = now()
    legs = select(func.count()).select_from(CustodyLeg).where(_open_leg())
    return {
        "overdue": legs.where(CustodyLeg.due_at < moment),
        "unlogged": select(func.count()).select_from(FoundItem).where(*_unlogged(moment)),
        "differences": select(func.count()).select_from(Difference).where(Difference.settled_at.is_(None)),
        "on_the_way": legs,
    }
