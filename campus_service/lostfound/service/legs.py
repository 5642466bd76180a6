"""Between desks: the giver signs, a clock runs, the receiver signs; what does not arrive is not forgotten."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from campus_service.core.actor import Actor
from campus_service.core.calendar import calendar
from campus_service.core.clock import now
from campus_service.core.db import db, on_violation
from campus_service.core.errors import Conflict, Invalid
from campus_service.core.i18n import lazy
from campus_service.core.permissions import Permission as P
from campus_service.lostfound import custody_queries, notices, queries
from campus_service.lostfound.commands_custody import Arrived, ArrivedMany, Refuse, Send
from campus_service.lostfound.models import CustodyLeg, FoundItem
from campus_service.lostfound.service import contents, differences, record
from campus_service.lostfound.states import FOUND_ITEM, Arrival, DifferenceKind, FoundState

# domain.md §1 [p]: a leg may take until offices close on the next working day.
LEG_DAYS = 1
INTACT = Arrived()

on_violation(
    "uq_custody_legs_one_open",
    "custody_legs.item_id",
    error=lambda: Conflict(lazy("这件东西已经在路上，先签收或收回。")),
)
_TWO = lazy("送出和签收要两个人签字：由你送出的，请另一位值班员签收。")
on_violation("ck_custody_legs_two_signatures", error=lambda: Conflict(_TWO))


def leg_due(moment: datetime) -> datetime:
    """When a leg that starts at ``moment`` is overdue: the closing of the next working day."""
    return calendar().closing_of_nth_day(moment, LEG_DAYS)


def send(actor: Actor, command: Send) -> list[CustodyLeg]:
    """Hand several held things to another desk; the actor signs as the giver. Needs lostfound:item:move.

    All of them or none: raises Invalid for a number that does not exist, Conflict for a thing that is not held, is
    there already, or holds cash that two people have not counted.
    """
    actor.require(P.LOSTFOUND_ITEM_MOVE)
    record.need_desk(command.desk)
    chosen = _chosen(actor, command.numbers)
    return [depart(actor, item, command.desk, command.carried_by, command.note) for item in chosen]


def _chosen(actor: Actor, numbers: Collection[str]) -> list[FoundItem]:
    known = custody_queries.items(actor, numbers)
    unknown = [no for no in numbers if no not in known]
    if unknown:
        raise Invalid({"numbers": lazy("没有编号 %(no)s，请核对标签。", no=unknown[0])})
    return list(known.values())


def depart(actor: Actor, item: FoundItem, desk: str, carried_by: str, note: str) -> CustodyLeg:
    """``item`` leaves for ``desk``, in transit until it is received or taken back."""
    FOUND_ITEM.check(item.state, FoundState.IN_TRANSIT)
    if item.desk_code is None or item.desk_code == desk:
        raise Conflict(lazy("%(no)s 已经在这个招领点，不用转送。", no=item.no))
    contents.need_counted(item)
    moment = now()
    leg = CustodyLeg(
        item_id=item.id,
        from_desk=item.desk_code,
        to_desk=desk,
        given_by=actor.person_id(),
        given_at=moment,
        carried_by=carried_by,
        note=note,
        due_at=leg_due(moment),
    )
    leg.item = item
    differences.found_again(actor, item)
    item.state, item.desk_code, item.shelf = FoundState.IN_TRANSIT, desk, ""
    db.session.add(leg)
    record.step(item, actor, "sent")
    record.publish(item)
    record.note(
        actor,
        "found_item.sent",
        item,
        {"desk": leg.from_desk},
        {"desk": desk, "carried_by": carried_by, "due": leg.due_at},
    )
    return leg


def receive(actor: Actor, no: str, command: Arrived = INTACT) -> FoundItem:
    """The other desk has it; the actor signs as the receiver. Needs lostfound:item:move.

    Raises Conflict unless it is in transit, and for the one who sent it: a leg has two signatures.
    """
    leg = _travelling(actor, queries.found_item(actor, no))
    arrive(actor, leg, command)
    return leg.item


def receive_many(actor: Actor, command: ArrivedMany) -> list[FoundItem]:
    """Sign for several things at once, all or none; raises as ``receive`` does."""
    actor.require(P.LOSTFOUND_ITEM_MOVE)
    chosen = _chosen(actor, command.numbers)
    for item in chosen:
        arrive(actor, _travelling(actor, item), command)
    return chosen


def _travelling(actor: Actor, item: FoundItem) -> CustodyLeg:
    actor.require(P.LOSTFOUND_ITEM_MOVE)
    leg = custody_queries.open_leg(item.id)
    if leg is None:
        raise Conflict(lazy("%(no)s 没有在转运中。", no=item.no))
    return leg


def arrive(actor: Actor, leg: CustodyLeg, command: Arrived, desk: str = "") -> None:
    """The receiver signs for ``leg``. ``desk``: where the thing turned up instead of where it was sent."""
    if leg.given_by == actor.person_id():
        raise Conflict(lazy("%(no)s：%(why)s", no=leg.item.no, why=_TWO))
    item = leg.item
    leg.received_by, leg.received_at = actor.person_id(), now()
    leg.arrival, leg.arrival_note = command.arrival, command.arrival_note
    _answer_open(actor, leg, str(lazy("收到了")))
    item.state, item.desk_code, item.shelf = FoundState.HELD, desk or leg.to_desk, command.shelf
    record.step(item, actor, "received", note=command.arrival_note)
    record.publish(item)
    record.note(
        actor,
        "found_item.received",
        item,
        {"state": FoundState.IN_TRANSIT},
        {"desk": item.desk_code, "shelf": item.shelf, "arrival": command.arrival},
    )
    if command.arrival is Arrival.DIFFERS:
        differences.of_leg(actor, leg, DifferenceKind.MISMATCH, command.arrival_note)
        notices.tell_desks_of_difference(item, DifferenceKind.MISMATCH)


def refuse(actor: Actor, no: str, command: Refuse) -> CustodyLeg:
    """What was sent did not come, or is not what was sent: nothing is signed, a difference is open.

    The leg and its clock go on until the thing is received or taken back. Needs lostfound:item:move.
    """
    leg = _travelling(actor, queries.found_item(actor, no))
    differences.of_leg(actor, leg, command.kind, command.note)
    record.step(leg.item, actor, "refused", note=command.note)
    notices.tell_desks_of_difference(leg.item, command.kind)
    return leg


def take_back(actor: Actor, no: str) -> FoundItem:
    """It never left, or came back: the sending desk has it again, to be shelved. Needs lostfound:item:move."""
    leg = _travelling(actor, queries.found_item(actor, no))
    return bring_back(actor, leg)


def bring_back(actor: Actor, leg: CustodyLeg, shelf: str = "") -> FoundItem:
    """End ``leg`` where it began."""
    item = leg.item
    leg.taken_back_by, leg.taken_back_at = actor.person_id(), now()
    _answer_open(actor, leg, str(lazy("送出的招领点收回了")))
    item.state, item.desk_code, item.shelf = FoundState.HELD, leg.from_desk, shelf
    record.step(item, actor, "taken_back")
    record.publish(item)
    record.note(
        actor,
        "found_item.taken_back",
        item,
        {"state": FoundState.IN_TRANSIT, "desk": leg.to_desk},
        {"state": item.state, "desk": item.desk_code},
    )
    return item


def _answer_open(actor: Actor, leg: CustodyLeg, why: str) -> None:
    db.session.flush()
    rows = custody_queries.unsettled_of(leg.item_id)
    differences.settle_all(actor, [row for row in rows if row.leg_id == leg.id], why)
    db.session.flush()
