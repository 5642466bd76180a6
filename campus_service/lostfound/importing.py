"""Bringing in reports from JSON lines or CSV: every line checked by the same rules as the pages, all or nothing stored.

First the whole file is read and checked, good lines going to a spool file; then one transaction stores them.
A crash in between leaves nothing behind, and a line that was imported before is refused, not doubled.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from sqlalchemy import insert, select

from campus_service.core import audit
from campus_service.core.actor import Actor
from campus_service.core.clock import BEIJING, now, to_local
from campus_service.core.db import db, transaction
from campus_service.core.errors import Invalid
from campus_service.core.http import field_messages
from campus_service.core.i18n import _, force_locale
from campus_service.core.importing import Progress, Refusals, json_or_csv_lines
from campus_service.core.places import area_of
from campus_service.lostfound import keeping_queries, policy
from campus_service.lostfound.categories import Category
from campus_service.lostfound.commands import PostLost, PostReport, TakeIn
from campus_service.lostfound.custody import Content, CustodyClass, Disclosure, class_of, due_on
from campus_service.lostfound.models import CustodyEvent, Desk, FoundItem, ItemContent, LostReport
from campus_service.lostfound.service import record
from campus_service.lostfound.service.matching import again_later
from campus_service.lostfound.service.reporting import REMIND_DAYS
from campus_service.lostfound.states import FoundState, Kind, LostState
from campus_service.search import service as search

BATCH = 1000
DEFAULT_DESK = "centre"

# What a spreadsheet may call the columns.
HEADERS = {
    "编号": "id",
    "类型": "kind",
    "标题": "title",
    "描述": "description",
    "类别": "category",
    "地点": "place",
    "日期": "occurred_on",
    "核对特征": "private_marks",
    "招领点": "desk",
    "架位": "shelf",
}
NEEDED = {"kind", "title", "category", "place", "occurred_on"}
_KINDS = {"寻物": "lost", "失物": "lost", "招领": "found"}


@dataclass(slots=True)
class Report(Refusals):
    """What an import did, or would do."""

    found: int = 0
    lost: int = 0

    @property
    def taken(self) -> int:
        """Good lines."""
        return self.found + self.lost


Shift = Callable[[dict[str, Any]], dict[str, Any]]


def import_file(
    path: Path,
    *,
    dry_run: bool = False,
    progress: Progress = lambda _bytes: None,
    shift: Shift = lambda values: values,
    actor: Actor | None = None,
) -> Report:
    """Import ``path`` (.jsonl or .csv; UTF-8 with or without BOM, or GBK).

    ``progress`` is called with the number of bytes read since the last call; ``shift`` may change the values
    of a line before they are checked (the demo moves its days). Commits once, at the end, unless ``dry_run``.
    Raises Invalid for a file that is neither format or has no usable header.
    """
    report = Report()
    desks = set(db.session.scalars(select(Desk.code)))
    seen = _known_refs()
    with tempfile.TemporaryFile("w+", encoding="utf-8") as spool:
        for number, values in json_or_csv_lines(path, progress, HEADERS, NEEDED):
            try:
                line = _check(shift(values) if isinstance(values, dict) else values, seen, desks)
            except Invalid as error:
                report.refuse(number, str(error))
                continue
            seen.add(line["source_ref"])
            report.found += line["kind"] == Kind.FOUND
            report.lost += line["kind"] == Kind.LOST
            spool.write(json.dumps(line, ensure_ascii=False, default=str) + "\n")
        if not dry_run and report.taken:
            spool.seek(0)
            _store(actor or Actor.system(), spool, path.name, report)
    return report


# --- checking ---------------------------------------------------------------------------------------------------


def _known_refs() -> set[str]:
    known: set[str] = set()
    for model in (FoundItem, LostReport):
        known.update(db.session.scalars(select(model.source_ref).where(model.source_ref.is_not(None))))
    return known


def _check(values: Any, seen: set[str], desks: set[str]) -> dict[str, Any]:
    """A line as it is stored; raises Invalid naming the field and what is wrong."""
    if not isinstance(values, dict):
        raise Invalid({"line": _("这一行不是一个 JSON 对象。")})
    ref = str(values.get("id") or "").strip()
    if not ref or len(ref) > 60:
        raise Invalid({"id": _("每行要有一个 60 个字以内的编号。")})
    if ref in seen:
        raise Invalid({"id": _("%(ref)s 已经导入过，或在文件里出现了两次。", ref=ref)})
    kind = _kind(values.get("kind"))
    try:
        command = _command(kind, values)
    except ValidationError as error:
        raise Invalid(field_messages(error)) from None
    line = command.model_dump(mode="json", exclude={"photos", "request_key"}) | {
        "kind": kind,
        "source_ref": ref,
    }
    if isinstance(command, TakeIn) and command.desk not in desks:
        raise Invalid({"desk": _("没有“%(code)s”这个招领点，请从列表里选。", code=command.desk)})
    return line


def _kind(value: Any) -> Kind:
    code = _KINDS.get(str(value).strip(), str(value).strip())
    if code not in Kind._value2member_map_:
        raise Invalid({"kind": _("“%(value)s”不是 lost（寻物）或 found（招领）。", value=value)})
    return Kind(code)


def _command(kind: Kind, values: Mapping[str, Any]) -> PostReport:
    known = {name: values[name] for name in _FIELDS if values.get(name) not in (None, "")}
    category = str(known.get("category", "")).strip()
    known["category"] = _chinese_categories().get(category, category)
    if kind is Kind.LOST:
        return PostLost.model_validate(known)
    return TakeIn.model_validate({"desk": DEFAULT_DESK} | known)


@cache
def _chinese_categories() -> dict[str, str]:
    """What a Chinese spreadsheet calls the categories, whatever language the operator reads."""
    with force_locale("zh_CN"):
        return {str(category.label): category.value for category in Category}


_FIELDS = tuple(TakeIn.model_fields.keys() - {"photos", "request_key"})


# --- storing ----------------------------------------------------------------------------------------------------


def _store(actor: Actor, spool: Iterable[str], name: str, report: Report) -> None:
    """Write all good lines in one transaction."""
    with transaction():
        lines = iter(spool)
        while batch := [json.loads(line) for line in islice(lines, BATCH)]:
            _store_kind(actor, Kind.FOUND, [line for line in batch if line["kind"] == Kind.FOUND])
            _store_kind(actor, Kind.LOST, [line for line in batch if line["kind"] == Kind.LOST])
        after = {"file": name, "found": report.found, "lost": report.lost}
        audit.record(actor, "lostfound.imported", obj_type="import", obj_id=None, after=after)
        search.rebuild_later()
        again_later()


def _store_kind(actor: Actor, kind: Kind, lines: list[dict[str, Any]]) -> None:
    if not lines:
        return
    numbers = record.new_number("" if kind is Kind.FOUND else "L", len(lines))
    make = _found_row if kind is Kind.FOUND else _lost_row
    model = FoundItem if kind is Kind.FOUND else LostReport
    periods = {kept: rule.days for kept, rule in keeping_queries.retention().items()}
    rows = [make(line, number, periods) for line, number in zip(lines, numbers, strict=True)]
    ids = list(db.session.scalars(insert(model).returning(model.id, sort_by_parameter_order=True), rows))
    if kind is Kind.FOUND:
        db.session.execute(
            insert(CustodyEvent), [_taken_in(actor, *pair) for pair in zip(ids, rows, strict=True)]
        )
        contents = [line for id, row in zip(ids, rows, strict=True) for line in _contents(actor, id, row)]
        if contents:
            db.session.execute(insert(ItemContent), contents)
    reports = [model(id=id, **row) for id, row in zip(ids, rows, strict=True) if row["listed"]]
    search.put_rows([record.search_doc(report) for report in reports])


def _common(line: dict[str, Any], number: str) -> dict[str, Any]:
    day = datetime.fromisoformat(line["occurred_on"]).date()
    # Within the day the order of the file is kept: later lines are newer.
    minute = int("".join(filter(str.isdigit, number)) or 0) % 600
    listed_at = (datetime.combine(day, time(8), BEIJING) + timedelta(minutes=minute)).astimezone(UTC)
    listed_at = min(listed_at, now())
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


def _found_row(line: dict[str, Any], number: str, periods: Mapping[CustodyClass, int]) -> dict[str, Any]:
    common = _common(line, number)
    custody = class_of(
        common["category"], line["over_500"], [content["kind"] for content in line["contents"]]
    )
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
    row["listed"] = policy.disclosure(FoundItem(**row)) is not Disclosure.NOTHING
    row["due_on"] = due_on(custody, row["notice_on"], periods.get(custody))
    return row


def _lost_row(line: dict[str, Any], number: str, _periods: Mapping[CustodyClass, int]) -> dict[str, Any]:
    row = _common(line, number) | {
        "state": LostState.OPEN,
        "remind_on": now().date() + timedelta(days=REMIND_DAYS),
    }
    row["listed"] = policy.disclosure(LostReport(**row)) is not Disclosure.NOTHING
    return row


def _taken_in(actor: Actor, item_id: int, row: dict[str, Any]) -> dict[str, Any]:
    return {
        "item_id": item_id,
        "at": row["listed_at"],
        "actor_id": actor.id,
        "step": "taken_in",
        "desk_code": row["desk_code"],
        "shelf": row["shelf"],
        "note": "",
    }


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
