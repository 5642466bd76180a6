"""The JSON API of custody: legs, differences, stock-takes, contents; the same commands and services as the pages."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint
from pydantic import BaseModel, Field

from campus_service.core.actor import Actor
from campus_service.core.api import PREFIX, operation
from campus_service.core.clock import now
from campus_service.core.i18n import lazy
from campus_service.core.permissions import Permission as P
from campus_service.lostfound import commands_custody as c
from campus_service.lostfound import custody_queries, queries, service
from campus_service.lostfound.models import CustodyLeg, Difference, ItemContent, StockTake
from campus_service.lostfound.service import contents, differences, stocktaking

bp = Blueprint("api_custody", __name__, url_prefix=PREFIX)


class LegOut(BaseModel):
    """One leg between two desks."""

    item: str
    from_desk: str
    to_desk: str
    given_at: datetime
    due_at: datetime
    carried_by: str
    received_at: datetime | None = None
    taken_back_at: datetime | None = None
    arrival: str | None = None

    @classmethod
    def of(cls, leg: CustodyLeg) -> LegOut:
        """From the row."""
        return cls(
            item=leg.item.no,
            from_desk=leg.from_desk,
            to_desk=leg.to_desk,
            given_at=leg.given_at,
            due_at=leg.due_at,
            carried_by=leg.carried_by,
            received_at=leg.received_at,
            taken_back_at=leg.taken_back_at,
            arrival=leg.arrival,
        )


class LegsOut(BaseModel):
    """Several legs."""

    legs: list[LegOut]


class LegsQuery(BaseModel):
    """Which legs."""

    desk: str = Field(default="", max_length=20, description="only those on their way to this desk")


class ItemsOut(BaseModel):
    """Numbers of things."""

    numbers: list[str]


class DifferenceOut(BaseModel):
    """Where ledger and hands do not agree."""

    id: int
    item: str
    kind: str
    note: str
    opened_at: datetime
    settled_at: datetime | None = None

    @classmethod
    def of(cls, row: Difference) -> DifferenceOut:
        """From the row."""
        return cls(
            id=row.id,
            item=row.item.no,
            kind=row.kind,
            note=row.note,
            opened_at=row.opened_at,
            settled_at=row.settled_at,
        )


class WatchOut(BaseModel):
    """What needs somebody: numbers of things, and open differences."""

    overdue: list[LegOut]
    unlogged: list[str]
    differences: list[DifferenceOut]


class StockTakeOut(BaseModel):
    """A count of a shelf against the ledger."""

    id: int
    desk: str
    shelf: str
    started_at: datetime
    closed_at: datetime | None = None
    expected: int
    counted: list[str]
    missing: list[str]
    extra: list[str]
    wrong_shelf: list[str]

    @classmethod
    def of(cls, take: StockTake) -> StockTakeOut:
        """From the row: what differs now, or what differed when it was closed."""
        rows = custody_queries.differences_of(take.id) if take.closed_at else stocktaking.compare(take)
        kinds: dict[str, list[str]] = {}
        for row in rows:
            kinds.setdefault(row.kind, []).append(row.item.no)
        expected = take.expected if take.closed_at else len(custody_queries.expected_at(take))
        return cls(
            id=take.id,
            desk=take.desk_code,
            shelf=take.shelf,
            started_at=take.started_at,
            closed_at=take.closed_at,
            expected=expected or 0,
            counted=[row.item.no for row in custody_queries.counts_of(take.id)],
            missing=kinds.get("missing", []),
            extra=kinds.get("extra", []),
            wrong_shelf=kinds.get("wrong_shelf", []),
        )


class ContentOut(BaseModel):
    """One line of what a thing holds. The amount shows once two people counted it."""

    line: int
    kind: str
    what: str
    count: int
    fen: int | None = None
    counted_by_two: bool

    @classmethod
    def of(cls, row: ItemContent) -> ContentOut:
        """From the row."""
        return cls(
            line=row.line,
            kind=row.kind,
            what=row.what,
            count=row.count,
            fen=row.fen if row.second_by else None,
            counted_by_two=row.second_by is not None,
        )


class ContentsOut(BaseModel):
    """All lines, and the class that follows from them."""

    custody: str
    lines: list[ContentOut]


# --- legs ----------------------------------------------------------------------------------------------------------


@operation(
    bp,
    "GET",
    "/lost-found/legs",
    summary=lazy("在路上的东西"),
    query=LegsQuery,
    returns=LegsOut,
    needs=P.LOSTFOUND_ITEM_MOVE,
)
def on_the_way(actor: Actor, query: LegsQuery) -> LegsOut:
    """Open legs, the most urgent first."""
    return LegsOut(legs=[LegOut.of(leg) for leg in custody_queries.on_the_way(actor, query.desk)])


@operation(
    bp,
    "POST",
    "/lost-found/legs",
    summary=lazy("把几件东西一起送到另一个招领点"),
    body=c.Send,
    returns=LegsOut,
    status=201,
    needs=P.LOSTFOUND_ITEM_MOVE,
)
def send_things(actor: Actor, command: c.Send) -> LegsOut:
    """The caller signs as the giver."""
    return LegsOut(legs=[LegOut.of(leg) for leg in service.send(actor, command)])


@operation(
    bp,
    "POST",
    "/lost-found/legs/receipt",
    summary=lazy("签收送来的东西"),
    body=c.ArrivedMany,
    returns=ItemsOut,
    needs=P.LOSTFOUND_ITEM_MOVE,
)
def receive_many(actor: Actor, command: c.ArrivedMany) -> ItemsOut:
    """The caller signs as the receiver, never of what he sent himself."""
    return ItemsOut(numbers=[item.no for item in service.receive_many(actor, command)])


@operation(
    bp,
    "POST",
    "/lost-found/<no>/refuse",
    summary=lazy("没收到，或对不上"),
    body=c.Refuse,
    returns=LegOut,
    needs=P.LOSTFOUND_ITEM_MOVE,
)
def refuse(actor: Actor, no: str, command: c.Refuse) -> LegOut:
    """Nothing is signed, a difference is open."""
    return LegOut.of(service.refuse(actor, no, command))


@operation(
    bp,
    "POST",
    "/lost-found/<no>/take-back",
    summary=lazy("送出的招领点收回"),
    returns=ItemsOut,
    needs=P.LOSTFOUND_ITEM_MOVE,
)
def take_back(actor: Actor, no: str) -> ItemsOut:
    """It never left, or came back."""
    return ItemsOut(numbers=[service.take_back(actor, no).no])


@operation(
    bp,
    "GET",
    "/lost-found/watch",
    summary=lazy("要关注的"),
    returns=WatchOut,
    needs=P.LOSTFOUND_ITEM_INTAKE,
)
def watch(actor: Actor) -> WatchOut:
    """Overdue, never logged, not agreeing."""
    actor.require(P.LOSTFOUND_ITEM_INTAKE)
    moment, most = now(), custody_queries.SECTION
    return WatchOut(
        overdue=[LegOut.of(leg) for leg in custody_queries.overdue_legs(moment, most)],
        unlogged=[item.no for item in custody_queries.unlogged(moment, most)],
        differences=[DifferenceOut.of(row) for row in custody_queries.unsettled(most)],
    )


@operation(
    bp,
    "POST",
    "/lost-found/differences/<int:difference_id>",
    summary=lazy("写下差异怎么处理的"),
    body=c.Settle,
    returns=DifferenceOut,
    needs=P.LOSTFOUND_ITEM_MOVE,
)
def settle(actor: Actor, difference_id: int, command: c.Settle) -> DifferenceOut:
    """It is cleared up."""
    return DifferenceOut.of(differences.settle(actor, difference_id, command))


# --- stock-takes ---------------------------------------------------------------------------------------------------


@operation(
    bp,
    "POST",
    "/lost-found/stock-takes",
    summary=lazy("开始盘点"),
    body=c.StartStockTake,
    returns=StockTakeOut,
    status=201,
    needs=P.LOSTFOUND_ITEM_MOVE,
)
def start_stock_take(actor: Actor, command: c.StartStockTake) -> StockTakeOut:
    """A shelf, or a whole desk."""
    return StockTakeOut.of(stocktaking.start(actor, command))


@operation(
    bp,
    "GET",
    "/lost-found/stock-takes/<int:take_id>",
    summary=lazy("一次盘点"),
    returns=StockTakeOut,
    needs=P.LOSTFOUND_ITEM_MOVE,
)
def show_stock_take(actor: Actor, take_id: int) -> StockTakeOut:
    """Where it stands."""
    return StockTakeOut.of(custody_queries.stock_take(actor, take_id))


@operation(
    bp,
    "POST",
    "/lost-found/stock-takes/<int:take_id>/counts",
    summary=lazy("点到一件"),
    body=c.CountItem,
    returns=StockTakeOut,
    needs=P.LOSTFOUND_ITEM_MOVE,
)
def count_item(actor: Actor, take_id: int, command: c.CountItem) -> StockTakeOut:
    """This tag lies here."""
    stocktaking.count(actor, take_id, command)
    return StockTakeOut.of(custody_queries.stock_take(actor, take_id))


@operation(
    bp,
    "POST",
    "/lost-found/stock-takes/<int:take_id>/close",
    summary=lazy("说明差异，结束盘点"),
    body=c.CloseStockTake,
    returns=StockTakeOut,
    needs=P.LOSTFOUND_ITEM_MOVE,
)
def close_stock_take(actor: Actor, take_id: int, command: c.CloseStockTake) -> StockTakeOut:
    """Every difference is explained."""
    return StockTakeOut.of(stocktaking.close(actor, take_id, command))


# --- contents ------------------------------------------------------------------------------------------------------


def _contents(actor: Actor, no: str) -> ContentsOut:
    item = queries.found_item(actor, no)
    rows = custody_queries.contents_of(item.id)
    return ContentsOut(custody=item.custody, lines=[ContentOut.of(row) for row in rows])


@operation(
    bp,
    "GET",
    "/lost-found/<no>/contents",
    summary=lazy("里面的东西"),
    returns=ContentsOut,
    needs=P.LOSTFOUND_PRIVATE_READ,
)
def show_contents(actor: Actor, no: str) -> ContentsOut:
    """Line by line, for staff only."""
    actor.require(P.LOSTFOUND_PRIVATE_READ)
    return _contents(actor, no)


@operation(
    bp,
    "POST",
    "/lost-found/<no>/contents",
    summary=lazy("里面多登记一行"),
    body=c.PutContent,
    returns=ContentsOut,
    status=201,
    needs=P.LOSTFOUND_ITEM_INTAKE,
)
def put_content(actor: Actor, no: str, command: c.PutContent) -> ContentsOut:
    """The strictest line decides how the thing is kept."""
    contents.put(actor, no, command)
    return _contents(actor, no)


@operation(
    bp,
    "POST",
    "/lost-found/<no>/contents/<int:line>/cash",
    summary=lazy("第二个人点现金"),
    body=c.CountCash,
    returns=ContentsOut,
    needs=P.LOSTFOUND_ITEM_INTAKE,
)
def count_cash(actor: Actor, no: str, line: int, command: c.CountCash) -> ContentsOut:
    """He comes to the same amount without being told it."""
    contents.count_cash(actor, no, line, command)
    return _contents(actor, no)
