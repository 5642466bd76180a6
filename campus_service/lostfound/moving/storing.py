"""Writing the good lines of an import: reports, the first step of their way, search documents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, cast

from sqlalchemy import Table, insert

from campus_service.core.actor import Actor
from campus_service.core.clock import BEIJING, now, to_local
from campus_service.core.db import db
from campus_service.core.places import area_of
from campus_service.lostfound import keeping_queries
from campus_service.lostfound.categories import Category
from campus_service.lostfound.custody import (
    RULES,
    Content,
    CustodyClass,
    Disclosure,
    class_of,
    disclosure_of_lost,
    due_on,
)
from campus_service.lostfound.models import CustodyEvent, FoundItem, ItemContent, LostReport
from campus_service.lostfound.service import record
from campus_service.lostfound.service.reporting import REMIND_DAYS
from campus_service.lostfound.states import FoundState, Kind, LostState
from campus_service.search import service as search


def store(actor: Actor, lines: Sequence[dict[str, Any]]) -> list[tuple[Kind, int]]:
    """Write checked lines inside the running transaction; returns what each became, in their order.

    The caller promises search.rebuild_later() and again_later() of the matching.
    """
    made: dict[int, tuple[Kind, int]] = {}
    for kind in Kind:
        places = [at for at, line in enumerate(lines) if line["kind"] == kind]
        ids = store_kind(actor, kind, [lines[at] for at in places])
        made |= {at: (kind, id) for at, id in zip(places, ids, strict=True)}
    return [made[at] for at in range(len(lines))]


def store_kind(actor: Actor, kind: Kind, lines: list[dict[str, Any]]) -> list[int]:
    """Write lines of one kind; returns their ids."""
    if not lines:
        return []
    numbers = record.new_number("" if kind is Kind.FOUND else "L", len(lines))
    make = _found_row if kind is Kind.FOUND else _lost_row
    model = FoundItem if kind is Kind.FOUND else LostReport
    periods = {kept: rule.days for kept, rule in keeping_queries.retention().items()}
    rows = [make(line, number, periods) for line, number in zip(lines, numbers, strict=True)]
    # Straight into the tables: the unit of work would cost a third of the time, and nobody holds these objects.
    table = cast("Table", model.__table__)
    ids = list(db.session.scalars(insert(table).returning(table.c.id, sort_by_parameter_order=True), rows))
    if kind is Kind.FOUND:
        steps = [
            step
            for id, row, line in zip(ids, rows, lines, strict=True)
            for step in _steps(actor, id, row, line)
        ]
        db.session.execute(insert(CustodyEvent), steps)
        inside = [line for id, row in zip(ids, rows, strict=True) for line in _contents(actor, id, row)]
        if inside:
            db.session.execute(insert(ItemContent), inside)
    listed = [model(id=id, **row) for id, row in zip(ids, rows, strict=True) if row["listed"]]
    search.put_rows([record.search_doc(report) for report in listed])
    return ids


def _common(line: dict[str, Any], number: str) -> dict[str, Any]:
    day = datetime.fromisoformat(line["occurred_on"]).date()
    # Within the day the order of the file is kept: later lines are newer.
    minute = int("".join(filter(str.isdigit, number)) or 0) % 600
    listed_at = min(_morning(day) + timedelta(minutes=minute), now())
    return {
        "no": number,
        "title": line["title"],
        "description": line["description"],
        "category": Category(line["category"]),
        "area": area_of(line["place"]),
        "place": line["place"],
        "occurred_on": day,
        "day_part": line["day_part"] or "",
        "private_marks": line["private_marks"],
        "contact": line["contact"],
        "created_at": listed_at,
        "updated_at": listed_at,
        "listed_at": listed_at,
        "source_ref": line["source_ref"],
        "cover": "",
        "version": 1,
    }


def _morning(day: date) -> datetime:
    return datetime.combine(day, time(8), BEIJING).astimezone(UTC)


def _found_row(line: dict[str, Any], number: str, periods: Mapping[CustodyClass, int]) -> dict[str, Any]:
    common = _common(line, number)
    contents = [content["kind"] for content in line["contents"]]
    custody = class_of(common["category"], line["over_500"], contents)
    row = common | {
        "state": FoundState.HELD,
        "custody": custody,
        "over_500": line["over_500"],
        "contents": line["contents"],
        "question": line["question"],
        "desk_code": line["desk"],
        "shelf": line["shelf"],
        "finder_name": line["finder_name"],
        "taken_in_at": common["listed_at"],
        "notice_on": to_local(common["listed_at"]).date(),
        "open_claims": 0,
    }
    row["listed"] = RULES[custody].disclosure is not Disclosure.NOTHING
    row["due_on"] = due_on(custody, row["notice_on"], periods.get(custody))
    if line.get("returned_on"):
        # History: nobody of this site handed it out, so it has no row in returns, and nothing falls due any more.
        row |= {"state": FoundState.RETURNED, "listed": False, "due_on": None}
    return row


def _lost_row(line: dict[str, Any], number: str, _periods: Mapping[CustodyClass, int]) -> dict[str, Any]:
    row = _common(line, number) | {
        "state": LostState.OPEN,
        "remind_on": now().date() + timedelta(days=REMIND_DAYS),
    }
    row["listed"] = disclosure_of_lost(row["category"]) is not Disclosure.NOTHING
    return row


def _steps(actor: Actor, item_id: int, row: dict[str, Any], line: dict[str, Any]) -> list[dict[str, Any]]:
    """Taken in, and for history handed back on its day."""
    taken_in = {
        "item_id": item_id,
        "at": row["listed_at"],
        "actor_id": actor.id,
        "step": "taken_in",
        "desk_code": row["desk_code"],
        "shelf": row["shelf"],
        "note": "",
    }
    if not line.get("returned_on"):
        return [taken_in]
    back = max(_morning(date.fromisoformat(line["returned_on"])), row["listed_at"])
    return [taken_in, taken_in | {"step": "returned", "at": min(back, now()), "shelf": ""}]


def _contents(actor: Actor, item_id: int, row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for n, content in enumerate(row["contents"], 1):
        yield {
            "item_id": item_id,
            "line": n,
            "kind": Content(content["kind"]),
            "what": content["note"],
            "count": content["count"],
            "seen_by": actor.id,
            "version": 1,
        }
