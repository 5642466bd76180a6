"""Every SELECT of the registry. Lists filter in SQL; a single thing is loaded and authorised in one step."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ScalarResult, Select, and_, case, func, literal, or_, select, tuple_
from sqlalchemy.orm import contains_eager

from campus_service.core.actor import Actor
from campus_service.core.cache import remembered
from campus_service.core.clock import now, to_local, today
from campus_service.core.db import UtcDateTime, db
from campus_service.core.errors import NotFound, SignInNeeded
from campus_service.core.permissions import Permission as P
from campus_service.lostfound import custody_queries, policy
from campus_service.lostfound.categories import Category
from campus_service.lostfound.models import Claim, CustodyEvent, Desk, FoundItem, LostReport, Pickup, Return
from campus_service.lostfound.states import PRESENT, UNDECIDED, ClaimState, FoundState, Kind

PAGE = 20
# Facet counts may be this old, in seconds: they are never computed per request.
FACETS_AGE = 30.0
Model = type[FoundItem] | type[LostReport]


@dataclass(frozen=True, slots=True)
class ListFilter:
    """What the list is narrowed to; "" or None is everything."""

    kind: Kind = Kind.FOUND
    category: str = ""
    area: str = ""
    since: str = ""  # "7", "30" or "older", in days
    state: str = ""  # found: held, reported, checking; lost: open

    def without(self, name: str) -> ListFilter:
        """The same list without one narrowing."""
        return replace(self, **{name: ""})  # type: ignore[arg-type]  # names of the str fields


def model_of(kind: Kind) -> Model:
    """The table of one side."""
    return FoundItem if kind is Kind.FOUND else LostReport


# --- the public list -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ListPage:
    """Rows of the list and the cursors that lead on, "" at either end."""

    rows: Sequence[Any]
    newer: tuple[str, int] | None
    older: tuple[str, int] | None


def listing(
    wanted: ListFilter,
    *,
    after: tuple[str, int] | None = None,
    before: tuple[str, int] | None = None,
    limit: int = PAGE,
) -> ListPage:
    """The newest listed reports, or those older than ``after`` or newer than ``before`` (keyset paging)."""
    model = model_of(wanted.kind)
    statement = _columns(model).where(model.listed, *_conditions(model, wanted))
    key = tuple_(model.listed_at, model.id)
    if before:
        statement = statement.where(key > _position(before)).order_by(model.listed_at, model.id)
    else:
        if after:
            statement = statement.where(key < _position(after))
        statement = statement.order_by(model.listed_at.desc(), model.id.desc())
    rows = list(db.session.execute(statement.limit(limit + 1)))
    more = len(rows) > limit
    rows = rows[:limit]
    if before:
        rows.reverse()
    ends = (_cursor(rows[0]), _cursor(rows[-1])) if rows else (None, None)
    newer = ends[0] if (after or (before and more)) else None
    older = ends[1] if (before or more) else None
    return ListPage(rows, newer, older)


def _columns(model: Model) -> Select[Any]:
    common: tuple[Any, ...] = (
        model.id,
        model.no,
        model.title,
        model.category,
        model.area,
        model.place,
        model.occurred_on,
        model.cover,
        model.listed_at,
        model.state,
    )
    if model is FoundItem:
        common += (FoundItem.custody, FoundItem.open_claims)
    return select(*common)


def _cursor(row: Any) -> tuple[str, int]:
    return row.listed_at.isoformat(), row.id


def _position(cursor: tuple[str, int]) -> Any:
    try:
        moment = datetime.fromisoformat(cursor[0])
    except ValueError:
        raise NotFound() from None
    return tuple_(literal(moment, UtcDateTime()), literal(cursor[1]))


def _conditions(model: Model, wanted: ListFilter) -> list[Any]:
    conditions: list[Any] = []
    if wanted.category:
        conditions.append(model.category == wanted.category)
    if wanted.area:
        conditions.append(model.area == wanted.area)
    if wanted.since:
        conditions.append(_since(model, wanted.since))
    if wanted.state and model is FoundItem:
        conditions.append(_found_state(wanted.state))
    return conditions


def _since(model: Model, since: str) -> Any:
    if since == "older":
        return model.occurred_on < today() - timedelta(days=30)
    return model.occurred_on >= today() - timedelta(days=7 if since == "7" else 30)


def _found_state(state: str) -> Any:
    if state == "checking":
        return FoundItem.open_claims > 0
    return and_(FoundItem.state == FoundState(state), FoundItem.open_claims == 0)


def by_ids(kind: Kind, ids: Sequence[int]) -> list[Any]:
    """Listed rows for search hits, in the order of ``ids``: what is no longer public falls out here."""
    model = model_of(kind)
    rows = {row.id: row for row in db.session.execute(_columns(model).where(model.id.in_(ids), model.listed))}
    return [rows[id] for id in ids if id in rows]


def all_listed(kind: Kind) -> Iterator[FoundItem | LostReport]:
    """Every report that the public list shows."""
    model: type[FoundItem | LostReport] = FoundItem if kind is Kind.FOUND else LostReport
    rows: ScalarResult[Any] = db.session.scalars(
        select(model).where(model.listed).execution_options(yield_per=500)
    )
    yield from rows


@dataclass(frozen=True, slots=True)
class Cell:
    """How many listed reports share these facets."""

    category: str
    area: str
    state: str
    age: str
    count: int


def cube(kind: Kind) -> tuple[Cell, ...]:
    """All facet counts of one side at once; every combination is summed from it in memory."""
    return remembered(f"lostfound.cube.{kind}", FACETS_AGE, lambda: _count_cube(model_of(kind)))


def _count_cube(model: Model) -> tuple[Cell, ...]:
    day = today()
    age = case(
        (model.occurred_on >= day - timedelta(days=7), "7"),
        (model.occurred_on >= day - timedelta(days=30), "30"),
        else_="older",
    )
    state: Any = model.state
    if model is FoundItem:
        state = case((FoundItem.open_claims > 0, "checking"), else_=FoundItem.state)
    columns = (model.category, model.area, state.label("facet_state"), age.label("age"))
    statement = select(*columns, func.count()).where(model.listed).group_by(*columns)
    rows = db.session.execute(statement)
    return tuple(Cell(str(row[0]), str(row[1]), str(row[2]), str(row[3]), row[4]) for row in rows)


@dataclass(frozen=True, slots=True)
class Facets:
    """Counts per value beside the present narrowing, and the total under it."""

    total: int
    category: dict[str, int]
    area: dict[str, int]
    state: dict[str, int]
    since: dict[str, int]


def facets(wanted: ListFilter) -> Facets:
    """Counts for the list's side bar: each facet counts under all the other narrowings."""
    return remembered(f"lostfound.facets.{wanted}", FACETS_AGE, lambda: _facets(wanted))


def _facets(wanted: ListFilter) -> Facets:
    cells = cube(wanted.kind)
    return Facets(
        sum(cell.count for cell in cells if _fits(cell, wanted)),
        _sums(cells, wanted.without("category"), "category"),
        _sums(cells, wanted.without("area"), "area"),
        _sums(cells, wanted.without("state"), "state"),
        _since_sums(_sums(cells, wanted.without("since"), "age")),
    )


def _fits(cell: Cell, wanted: ListFilter) -> bool:
    return (
        wanted.category in ("", cell.category)
        and wanted.area in ("", cell.area)
        and wanted.state in ("", cell.state)
        and (wanted.since in ("", cell.age) or (wanted.since == "30" and cell.age == "7"))
    )


def _sums(cells: Iterable[Cell], wanted: ListFilter, name: str) -> dict[str, int]:
    sums: dict[str, int] = {}
    for cell in cells:
        if _fits(cell, wanted):
            value = getattr(cell, name)
            sums[value] = sums.get(value, 0) + cell.count
    return dict(sorted(sums.items(), key=lambda pair: -pair[1]))


def _since_sums(sums: dict[str, int]) -> dict[str, int]:
    week = sums.get("7", 0)
    counts = {"7": week, "30": week + sums.get("30", 0), "older": sums.get("older", 0)}
    return {name: count for name, count in counts.items() if count}


def week_figures() -> dict[str, int]:
    """How many things came in and went back in the last seven days, for the home page."""
    return remembered("lostfound.week", FACETS_AGE, _week_figures)


def _week_figures() -> dict[str, int]:
    week = now() - timedelta(days=7)
    came = select(func.count()).select_from(FoundItem).where(FoundItem.created_at >= week)
    back = select(func.count()).select_from(Return).where(Return.returned_at >= week)
    row = db.session.execute(select(came.scalar_subquery(), back.scalar_subquery())).one()
    return {"received_7d": row[0], "returned_7d": row[1]}


# --- single things ---------------------------------------------------------------------------------------------


def report(actor: Actor, no: str) -> FoundItem | LostReport:
    """The report with number ``no``; raises NotFound unless ``actor`` may know of it."""
    model: Model = LostReport if "-L" in no else FoundItem
    row: Any = db.session.scalar(select(model).where(model.no == no))
    if row is None or not policy.can_see(actor, row):
        raise NotFound()
    found: FoundItem | LostReport = row
    return found


def found_item(actor: Actor, no: str) -> FoundItem:
    """The found item ``no``; raises NotFound unless ``actor`` may know of it."""
    row = report(actor, no)
    if not isinstance(row, FoundItem):
        raise NotFound()
    return row


def lost_report(actor: Actor, no: str) -> LostReport:
    """The lost report ``no``; raises NotFound unless ``actor`` may know of it."""
    row = report(actor, no)
    if not isinstance(row, LostReport):
        raise NotFound()
    return row


def timeline(item_id: int) -> Sequence[CustodyEvent]:
    """An item's way so far, oldest first."""
    return db.session.scalars(
        select(CustodyEvent).where(CustodyEvent.item_id == item_id).order_by(CustodyEvent.id)
    ).all()


def desks() -> Sequence[Desk]:
    """The desks that take things in."""
    return remembered("lostfound.desks", 60.0, _desks)


def _desks() -> Sequence[Desk]:
    rows = db.session.scalars(select(Desk).where(Desk.active).order_by(Desk.position, Desk.code)).all()
    for row in rows:
        # They outlive this session: a rollback must not empty what later requests read.
        db.session.expunge(row)
    return rows


def desk(code: str) -> Desk | None:
    """The desk ``code``, also a closed one."""
    return next((row for row in desks() if row.code == code), None) or db.session.get(Desk, code)


# --- claims ----------------------------------------------------------------------------------------------------


def claim(actor: Actor, claim_id: int) -> Claim:
    """A claim with its item; raises NotFound unless ``actor`` is the claimant or staff, SignInNeeded for a visitor."""
    row = db.session.scalar(
        select(Claim).join(Claim.item).where(Claim.id == claim_id).options(contains_eager(Claim.item))
    )
    if row is None or not policy.can_see_claim(actor, row):
        # Mails lead here: whoever opens one on another device signs in first.
        raise NotFound() if actor.signed_in else SignInNeeded()
    return row


def claims_of_item(item_id: int) -> Sequence[Claim]:
    """All claims on an item, first come first: rivals are read side by side."""
    return db.session.scalars(
        select(Claim).where(Claim.item_id == item_id).order_by(Claim.submitted_at)
    ).all()


def undecided(actor: Actor) -> Sequence[Claim]:
    """Claims that wait for security, the longest waiting first."""
    actor.require(P.LOSTFOUND_CLAIM_DECIDE)
    return db.session.scalars(
        select(Claim)
        .join(Claim.item)
        .where(Claim.state.in_(UNDECIDED))
        .order_by(Claim.submitted_at)
        .limit(200)
        .options(contains_eager(Claim.item))
    ).all()


def approved(actor: Actor) -> Sequence[Claim]:
    """Approved claims that wait to be collected."""
    actor.require(P.LOSTFOUND_RETURN_PREPARE)
    return db.session.scalars(
        select(Claim)
        .join(Claim.item)
        .where(Claim.state == ClaimState.APPROVED)
        .order_by(Claim.slot_at.is_(None), Claim.slot_at, Claim.id)
        .limit(500)
        .options(contains_eager(Claim.item))
    ).all()


def my_claims(actor: Actor, item_id: int | None = None) -> Sequence[Claim]:
    """One's own claims, newest first."""
    statement = select(Claim).join(Claim.item).where(Claim.claimant_id == actor.person_id())
    if item_id is not None:
        statement = statement.where(Claim.item_id == item_id)
    return db.session.scalars(
        statement.order_by(Claim.id.desc()).limit(100).options(contains_eager(Claim.item))
    ).all()


def attempts(person_id: int, item_id: int) -> int:
    """How often this person has claimed this item."""
    return (
        db.session.scalar(
            select(func.count()).where(Claim.claimant_id == person_id, Claim.item_id == item_id)
        )
        or 0
    )


def claims_since(person_id: int, moment: datetime) -> int:
    """How many claims this person made since ``moment``."""
    return (
        db.session.scalar(
            select(func.count()).where(Claim.claimant_id == person_id, Claim.submitted_at >= moment)
        )
        or 0
    )


def open_pickup(claim_id: int) -> Pickup | None:
    """The pick-up in progress for a claim."""
    return db.session.scalar(select(Pickup).where(Pickup.claim_id == claim_id, Pickup.aborted_at.is_(None)))


def pickup(actor: Actor, pickup_id: int) -> Pickup:
    """A pick-up; raises NotFound unless ``actor`` prepares returns."""
    actor.require(P.LOSTFOUND_RETURN_PREPARE)
    row = db.session.get(Pickup, pickup_id)
    if row is None:
        raise NotFound()
    return row


def open_pickups(actor: Actor) -> Sequence[tuple[Pickup, Claim]]:
    """Pick-ups in progress with their claims and items."""
    actor.require(P.LOSTFOUND_RETURN_PREPARE)
    rows = db.session.execute(
        select(Pickup, Claim)
        .join(Claim, Claim.id == Pickup.claim_id)
        .join(Claim.item)
        .where(Pickup.aborted_at.is_(None), Claim.state == ClaimState.APPROVED)
        .order_by(Pickup.id)
        .options(contains_eager(Claim.item))
    )
    return [(pickup, claim) for pickup, claim in rows]


def return_of(item_id: int) -> Return | None:
    """The item's return, if it went back."""
    return db.session.scalar(select(Return).where(Return.item_id == item_id))


# --- one's own things, and the desk ----------------------------------------------------------------------------


def my_reports(actor: Actor) -> list[FoundItem | LostReport]:
    """What this person posted, newest first."""
    me = actor.person_id()
    mine: list[FoundItem | LostReport] = []
    for model in (LostReport, FoundItem):
        statement = select(model).where(model.reporter_id == me).order_by(model.id.desc()).limit(100)
        mine.extend(db.session.scalars(statement))
    return sorted(mine, key=lambda row: row.created_at, reverse=True)


@dataclass(frozen=True, slots=True)
class ShelfFilter:
    """What the shelf list is narrowed to."""

    desk: str = ""
    state: Literal["", "reported", "held", "in_transit", "due"] = ""
    text: str = ""


def shelf(actor: Actor, wanted: ShelfFilter, limit: int = 100) -> Sequence[FoundItem]:
    """Items for the desk's table, newest first; text is matched on number, title and shelf."""
    actor.require(P.LOSTFOUND_ITEM_INTAKE)
    chosen = on_shelf(select(FoundItem), wanted)
    return db.session.scalars(chosen.order_by(FoundItem.id.desc()).limit(limit)).all()


def on_shelf(statement: Select[Any], wanted: ShelfFilter) -> Select[Any]:
    """``statement`` narrowed to what the shelf shows under ``wanted``."""
    statement = statement.where(FoundItem.state.in_(PRESENT))
    if wanted.desk:
        statement = statement.where(FoundItem.desk_code == wanted.desk)
    if wanted.state == "due":
        statement = statement.where(FoundItem.due_on <= today(), FoundItem.state == FoundState.HELD)
    elif wanted.state:
        statement = statement.where(FoundItem.state == FoundState(wanted.state))
    if wanted.text:
        words = (FoundItem.no, FoundItem.title)
        matches = [column.icontains(wanted.text, autoescape=True) for column in words]
        statement = statement.where(or_(*matches, FoundItem.shelf == wanted.text.upper()))
    return statement


def taken_in_today(actor: Actor, desk_code: str) -> Sequence[FoundItem]:
    """What this desk took in today, newest first."""
    actor.require(P.LOSTFOUND_ITEM_INTAKE)
    midnight = to_local(now()).replace(hour=0, minute=0, second=0, microsecond=0)
    return db.session.scalars(
        select(FoundItem)
        .where(FoundItem.desk_code == desk_code, FoundItem.taken_in_at >= midnight)
        .order_by(FoundItem.taken_in_at.desc())
        .limit(50)
    ).all()


def desk_counts(actor: Actor) -> dict[str, int]:
    """Figures beside the desk's tabs."""
    actor.require(P.LOSTFOUND_ITEM_INTAKE)
    held = select(func.count()).select_from(FoundItem).where(FoundItem.state == FoundState.HELD)
    transit = select(func.count()).select_from(FoundItem).where(FoundItem.state == FoundState.IN_TRANSIT)
    waiting = select(func.count()).select_from(Claim).where(Claim.state == ClaimState.APPROVED)
    claims = select(func.count()).select_from(Claim).where(Claim.state.in_(UNDECIDED))
    parts = {"held": held, "in_transit": transit, "approved": waiting, "claims": claims}
    parts |= {"due": held.where(FoundItem.due_on <= today())} | custody_queries.alarm_counts()
    row = db.session.execute(select(*(part.scalar_subquery() for part in parts.values()))).one()
    return dict(zip(parts, row, strict=True))


def category_of(value: str) -> Category | None:
    """The category of that code, None for anything else."""
    return Category(value) if value in Category._value2member_map_ else None
