"""The officers' list: whose cases are in it, by what is due next, page by page; and how many there are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    Integer,
    Row,
    String,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal_column,
    or_,
    select,
    tuple_,
    union,
)

from campus_service.core.actor import Actor
from campus_service.core.clock import BEIJING, now, today
from campus_service.core.db import UtcDateTime, db
from campus_service.core.errors import NotFound
from campus_service.core.permissions import Permission as P
from campus_service.feedback.commands import Filter
from campus_service.feedback.models import Answer, Case, Recipient
from campus_service.feedback.states import CaseState, Kind

PAGE = 30
LEAST = 10
# Cases of safety stand on the first page, however many others are overdue.
PINNED = 100
# Counting stops here: the chip says "1000+".
COUNTED = 1000
# Literal, so that both databases see that the index of waiting answers holds it.
_SUBMITTED = Answer.state == literal_column("'submitted'")
_APPROVING = exists().where(Answer.case_id == Case.id, _SUBMITTED).label("approving")
COLUMNS = (
    Case.id, Case.no, Case.title, Case.kind, Case.state, Case.place, Case.area, Case.urgent, Case.is_open,
    Case.escalation, Case.followers, Case.next_due_at, Case.next_clock, Case.answer_due_at, Case.paused,
    Case.created_at, Case.assignee_id, Case.department_code, Case.first_department, Case.offered_to,
    Case.confidential, Case.reopened_at, _APPROVING,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the list is narrowed to; ``after`` is the last row of the page before."""

    filter: Filter = Filter.ALL
    kind: Kind | None = None
    area: str = ""
    q: str = ""
    after: tuple[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of the list, and where the next one begins."""

    rows: Sequence[Row[Any]]
    following: tuple[str, int] | None


@dataclass(frozen=True, slots=True)
class Counts:
    """How many there are of each quick filter; ``capped`` when counting stopped early."""

    of: dict[Filter, int]
    capped: bool

    def text(self, filter: Filter) -> str:
        """For a chip."""
        return f"{self.of[filter]}+" if self.capped else str(self.of[filter])


# --- whose cases ------------------------------------------------------------------------------------------------

Conditions = tuple[Any, ...]


# Statements are built once for each kind of question: building one takes longer than the database needs to answer.
ME = bindparam("me", type_=Integer())
NOW, MIDNIGHT = bindparam("now", type_=UtcDateTime()), bindparam("midnight", type_=UtcDateTime())
AFTER, AFTER_ID = bindparam("after", type_=UtcDateTime()), bindparam("after_id", type_=Integer())
WORDS = bindparam("words", type_=String())
Codes = tuple[str, ...]


def _departments(actor: Actor) -> Codes:
    return tuple(sorted(actor.departments)) if actor.can(P.FEEDBACK_CASE_HANDLE) else ()


def _approving(actor: Actor) -> Codes:
    """The departments whose answers ``actor`` approves."""
    return _departments(actor) if actor.can(P.FEEDBACK_ANSWER_APPROVE) else ()


def _moments(actor: Actor) -> dict[str, Any]:
    midnight = datetime.combine(today() + timedelta(days=1), time(0), BEIJING)
    return {"me": actor.id, "now": now(), "midnight": midnight}


def _held(code: str) -> Conditions:
    return (Case.department_code == code, Case.confidential.is_(False))


def _offered(code: str) -> Conditions:
    return (Case.offered_to == code, Case.confidential.is_(False))


_NAMED = Case.id.in_(select(Recipient.case_id).where(Recipient.user_id == ME))


def _reports(codes: Codes) -> Conditions:
    """The reports one was named for; none that accuse one's own department."""
    accused = or_(Case.accused_department.is_(None), Case.accused_department.not_in(codes))
    return (_NAMED, Case.confidential, accused)


def _mine(codes: Codes) -> Conditions:
    held = and_(Case.confidential.is_(False), Case.department_code.in_(codes))
    return (Case.assignee_id == ME, or_(held, and_(Case.confidential, _NAMED)))


def _sources(codes: Codes, approving: Codes, wanted: Filter = Filter.ALL) -> list[Conditions]:
    """Where the cases of a filter come from; each has an index of its own that begins with it."""
    if wanted is Filter.MINE:
        return [_mine(codes)]
    if wanted is Filter.APPROVAL:
        # An answer that somebody else wrote waits for the head.
        waiting = Case.id.in_(select(Answer.case_id).where(_SUBMITTED, Answer.author_id != ME))
        return [(*_held(code), waiting) for code in approving]
    narrowed = _NARROWED.get(wanted, ())
    accepting = () if wanted is Filter.TO_ACCEPT else narrowed
    return [
        *((*_held(code), *narrowed) for code in codes),
        *((*_offered(code), *accepting) for code in codes),
        (*_reports(codes), *narrowed),
    ]


_NARROWED: dict[Filter, Conditions] = {
    Filter.TO_ACCEPT: (Case.state == CaseState.ROUTED,),
    Filter.TODAY: (Case.next_due_at >= NOW, Case.next_due_at < MIDNIGHT),
    Filter.LATE: (Case.next_due_at < NOW,),
    Filter.WAITING: (Case.state == CaseState.WAITING,),
}


# --- the list ---------------------------------------------------------------------------------------------------


def listed(actor: Actor, wanted: Wanted) -> Listed:
    """The open cases that wait for the actor's departments by what is due next, those of safety above all others.

    A search looks at ended ones too, the newest first.
    """
    asked = replace(wanted, q=wanted.q and "?", after=wanted.after and ("", 0))
    statement = _list_statement(_departments(actor), _approving(actor), asked)
    if statement is None:
        return Listed([], None)
    rows = db.session.execute(statement, _moments(actor) | _values(wanted)).all()
    pinned = [row for row in rows if row.urgent] if _pins(wanted) else []
    rest = rows[len(pinned) :]
    # The first page is no longer than the others for what is pinned to it, unless that is very much.
    room = max(LEAST, PAGE - len(pinned))
    following = _cursor(rest[room - 1], wanted) if len(rest) > room else None
    return Listed([*pinned, *rest[:room]], following)


def _values(wanted: Wanted) -> dict[str, Any]:
    words = wanted.q.lower()
    for special in "/%_":
        words = words.replace(special, f"/{special}")
    values: dict[str, Any] = {"words": f"%{words}%"}
    if wanted.after is not None:
        try:
            values["after"] = datetime.fromisoformat(wanted.after[0])
        except ValueError:
            raise NotFound() from None
        values["after_id"] = wanted.after[1]
    return values


def _pins(wanted: Wanted) -> bool:
    return wanted.filter is Filter.ALL and not wanted.q


@lru_cache(500)
def _list_statement(codes: Codes, approving: Codes, wanted: Wanted) -> Any:
    """The SELECT behind ``listed``, of ``wanted`` only which parts it has; None when nothing can be in it."""
    # What was answered long ago is searched too, and has no quick filter.
    sources = _sources(codes, approving, Filter.ALL if wanted.q else wanted.filter)
    # Each leg stops after a page of its index; a case that is in two of them counts once.
    legs = [leg for source in sources for leg in _legs(source, wanted)]
    if not legs:
        return None
    found = union(*(select(leg.subquery()) for leg in legs)).subquery()
    order = [key.desc() if wanted.q else key for key in _keys(wanted)]
    order = [Case.urgent.desc(), *order] if _pins(wanted) else order
    return select(*COLUMNS).join(found, found.c.id == Case.id).order_by(*order)


def _legs(source: Conditions, wanted: Wanted) -> Iterator[Any]:
    """The ids of a page's worth of cases from one source; those of safety are pinned to the first page."""
    order = [key.desc() if wanted.q else key for key in _keys(wanted)]
    leg = select(Case.id).where(*source, *_details(wanted)).order_by(*order)
    if not _pins(wanted):
        yield leg.where(*_beyond(wanted)).limit(PAGE + 1)
        return
    yield leg.where(Case.urgent.is_(False), *_beyond(wanted)).limit(PAGE + 1)
    if wanted.after is None:
        yield leg.where(Case.urgent).limit(PINNED)


def _keys(wanted: Wanted) -> tuple[Any, Any]:
    return (Case.created_at if wanted.q else Case.next_due_at), Case.id


def _details(wanted: Wanted) -> Conditions:
    conditions: list[Any] = []
    if wanted.q:
        texts = (Case.no, Case.title, Case.body)
        conditions.append(or_(*(func.lower(text).like(WORDS, escape="/") for text in texts)))
    else:
        conditions.append(Case.is_open)
    if wanted.kind:
        conditions.append(Case.kind == wanted.kind)
    if wanted.area:
        conditions.append(Case.area == wanted.area)
    return tuple(conditions)


def _beyond(wanted: Wanted) -> Conditions:
    """Behind the last row of the page before."""
    if wanted.after is None:
        return ()
    place, here = tuple_(AFTER, AFTER_ID), tuple_(*_keys(wanted))
    return (here < place,) if wanted.q else (here > place,)


def _cursor(row: Row[Any], wanted: Wanted) -> tuple[str, int] | None:
    moment = row.created_at if wanted.q else row.next_due_at
    return (moment.isoformat(), row.id) if moment else None


# --- counts -----------------------------------------------------------------------------------------------------


def counts(actor: Actor) -> Counts:
    """How many cases each quick filter would show, in one statement that looks at a thousand a department at most."""
    statement = _count_statement(_departments(actor), _approving(actor), COUNTED)
    row = db.session.execute(statement, _moments(actor)).one()
    return Counts({filter: row[n] or 0 for n, filter in enumerate(_COUNTED)}, capped=row[0] >= COUNTED)


_COUNTED = (
    Filter.ALL,
    Filter.TO_ACCEPT,
    Filter.TODAY,
    Filter.LATE,
    Filter.WAITING,
    Filter.MINE,
    Filter.APPROVAL,
)


@lru_cache(100)
def _count_statement(codes: Codes, approving: Codes, most: int) -> Any:
    """The SELECT behind ``counts``: one number per filter."""
    columns = (Case.id, Case.state, Case.next_due_at, Case.assignee_id, Case.offered_to)
    legs = [
        select(*columns)
        .where(*source, Case.is_open)
        .order_by(Case.next_due_at, Case.id)
        .limit(most)
        .subquery()
        for source in _sources(codes, approving)
    ]
    found = union(*(select(leg) for leg in legs)).subquery()
    accepting = or_(found.c.state == CaseState.ROUTED, found.c.offered_to.in_(codes))
    due = found.c.next_due_at
    conditions = (
        accepting,
        and_(due >= NOW, due < MIDNIGHT),
        due < NOW,
        found.c.state == CaseState.WAITING,
        found.c.assignee_id == ME,
    )
    sums = [func.sum(case((condition, 1), else_=0)) for condition in conditions]
    return select(func.count(), *sums, _approvals(approving)).select_from(found)


def _approvals(approving: Codes) -> Any:
    mine = Case.department_code.in_(approving)
    waiting = (_SUBMITTED, Answer.author_id != ME, mine, Case.is_open)
    return (
        select(func.count())
        .select_from(Answer)
        .join(Case, Case.id == Answer.case_id)
        .where(*waiting)
        .scalar_subquery()
    )
