"""Counting a shelf against the ledger: tag by tag, then every difference explained, then the ledger put right."""

from __future__ import annotations

from dataclasses import dataclass

from campus_service.core.actor import Actor
from campus_service.core.clock import now
from campus_service.core.db import db, on_violation
from campus_service.core.errors import Conflict, Invalid, NotFound
from campus_service.core.i18n import lazy
from campus_service.core.permissions import Permission as P
from campus_service.lostfound import custody_queries, queries
from campus_service.lostfound.commands import HandIn
from campus_service.lostfound.commands_custody import (
    Arrived,
    CloseStockTake,
    CountItem,
    Explained,
    StartStockTake,
)
from campus_service.lostfound.models import Difference, FoundItem, StockCount, StockTake
from campus_service.lostfound.service import custody, differences, legs, record
from campus_service.lostfound.states import Arrival, DifferenceKind, FoundState

on_violation(
    "uq_stock_takes_one_open",
    "stock_takes.desk_code",
    error=lambda: Conflict(lazy("这里已经有一次没有结束的盘点，接着点就行。")),
)


@dataclass(frozen=True, slots=True)
class Found:
    """One difference of a count that is going on; ``shelf`` is where the thing lay, "" for one that did not."""

    item: FoundItem
    kind: DifferenceKind
    shelf: str = ""


def start(actor: Actor, command: StartStockTake) -> StockTake:
    """Begin to count a shelf or a desk; one count at a time for each. Needs lostfound:item:move."""
    actor.require(P.LOSTFOUND_ITEM_MOVE)
    record.need_desk(command.desk)
    take = StockTake(
        desk_code=command.desk, shelf=command.shelf, started_by=actor.person_id(), started_at=now()
    )
    db.session.add(take)
    db.session.flush()
    record.note(actor, "stock_take.started", take, {}, {"desk": take.desk_code, "shelf": take.shelf})
    return take


def count(actor: Actor, take_id: int, command: CountItem) -> StockCount:
    """This thing lies here. Counting it twice keeps the later shelf; a missing thing is found.

    Raises Invalid for a tag that is not in the ledger, Conflict when the count is closed. Needs lostfound:item:move.
    """
    take = _open(actor, take_id)
    try:
        item = queries.found_item(actor, command.tag)
    except NotFound:
        raise Invalid(
            {"tag": lazy("账上没有 %(no)s。核对标签；没有登记过的，先去收件。", no=command.tag)}
        ) from None
    # Under the lock of _open: nobody else counts it meanwhile.
    row = custody_queries.count_of(take.id, item.id) or StockCount(stock_take_id=take.id, item_id=item.id)
    row.shelf, row.counted_by, row.counted_at = take.shelf or command.shelf, actor.person_id(), now()
    row.item = item
    db.session.add(row)
    differences.found_again(actor, item)
    record.note(actor, "stock_take.counted", take, {}, {"item": item.no, "shelf": row.shelf})
    return row


def compare(take: StockTake) -> list[Found]:
    """Where the count does not agree with the ledger as it stands now."""
    counts = custody_queries.counts_of(take.id)
    moved = custody_queries.moved_since(counts)
    counted = {row.item_id for row in counts}
    missing = [
        Found(item, DifferenceKind.MISSING)
        for item in custody_queries.expected_at(take)
        if item.id not in counted
    ]
    return missing + [
        found
        for row in reversed(counts)
        if row.item_id not in moved and (found := _found(take, row)) is not None
    ]


def _found(take: StockTake, row: StockCount) -> Found | None:
    item = row.item
    if item.state is not FoundState.HELD or item.desk_code != take.desk_code:
        return Found(item, DifferenceKind.EXTRA, row.shelf)
    if row.shelf and row.shelf != item.shelf.upper():
        return Found(item, DifferenceKind.WRONG_SHELF, row.shelf)
    return None


def close(actor: Actor, take_id: int, command: CloseStockTake) -> StockTake:
    """End the count: every difference is explained and the ledger follows the hands. Needs lostfound:item:move.

    What was not found stays flagged until it is; what is here although the ledger says that it left for good stays
    open too. Raises Invalid naming each difference without an explanation, Conflict when the count is closed
    already or a thing on its way was sent by the actor himself.
    """
    take = _open(actor, take_id)
    take.expected = len(custody_queries.expected_at(take))
    found, given = compare(take), {line.no: line for line in command.explained}
    silent = [one.item.no for one in found if one.item.no not in given]
    if silent:
        raise Invalid({f"note_{no}": lazy("%(no)s 还没有说明。", no=no) for no in silent})
    for one in found:
        _keep(actor, take, one, given[one.item.no])
    take.closed_by, take.closed_at = actor.person_id(), now()
    after = {"expected": take.expected, "differences": len(found)}
    record.note(actor, "stock_take.closed", take, {}, after)
    return take


def _keep(actor: Actor, take: StockTake, one: Found, said: Explained) -> None:
    older = [
        row
        for row in custody_queries.unsettled_of(one.item.id)
        if row.stock_take_id is not None and row.kind is one.kind
    ]
    differences.settle_all(actor, older, str(lazy("又盘点了一次")))
    row = Difference(
        item_id=one.item.id,
        kind=one.kind,
        stock_take_id=take.id,
        opened_at=now(),
        opened_by=actor.person_id(),
        explanation=said.explanation,
        note=said.note,
    )
    db.session.add(row)
    db.session.flush()
    after = {"item": one.item.no, "kind": one.kind, "explanation": said.explanation}
    record.note(actor, "difference.opened", row, {}, after)
    if _correct(actor, take, one):
        differences.settle_all(actor, [row], str(lazy("账已按实物改好")))


def _correct(actor: Actor, take: StockTake, one: Found) -> bool:
    """Make the ledger say what the hands found; whether that was possible."""
    item = one.item
    if one.kind is DifferenceKind.MISSING:
        return False
    match item.state:
        case FoundState.HELD:
            custody.put_right(actor, item, take.desk_code, one.shelf)
        case FoundState.REPORTED:
            custody.hand_in(actor, item.no, HandIn(desk=take.desk_code, shelf=one.shelf))
        case FoundState.IN_TRANSIT:
            _end_leg(actor, take, one)
        case _:
            return False
    return True


def _end_leg(actor: Actor, take: StockTake, one: Found) -> None:
    leg = custody_queries.open_leg(one.item.id)
    if leg is None:
        raise Conflict()
    if leg.from_desk == take.desk_code:
        legs.bring_back(actor, leg, one.shelf)
    else:
        legs.arrive(actor, leg, Arrived(shelf=one.shelf, arrival=Arrival.INTACT), take.desk_code)


def abandon(actor: Actor, take_id: int) -> None:
    """Drop a count that was begun by mistake: nothing is corrected, nothing is flagged. Needs lostfound:item:move."""
    take = _open(actor, take_id)
    counts = custody_queries.counts_of(take.id)
    before = {"desk": take.desk_code, "shelf": take.shelf, "counted": len(counts)}
    record.note(actor, "stock_take.abandoned", take, before, {})
    for row in counts:
        db.session.delete(row)
    db.session.flush()
    db.session.delete(take)


def _open(actor: Actor, take_id: int) -> StockTake:
    """The stock-take, locked: what is counted and what is closed do not overtake each other."""
    actor.require(P.LOSTFOUND_ITEM_MOVE)
    take = db.session.get(StockTake, take_id, with_for_update=True)
    if take is None:
        raise NotFound()
    if take.closed_at is not None:
        raise Conflict(lazy("这次盘点已经结束了。"))
    return take
