"""Whether a line of an import can be taken: by the rules of the pages, and not twice."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import date
from typing import Any

from pydantic import ValidationError, field_validator

from campus_service.core.clock import today
from campus_service.core.errors import Invalid
from campus_service.core.http import field_messages
from campus_service.core.i18n import _, lazy
from campus_service.lostfound.commands import PostLost, PostReport, TakeIn
from campus_service.lostfound.moving.mapping import folded
from campus_service.lostfound.moving.ready import our_words
from campus_service.lostfound.states import Kind

DEFAULT_DESK = "centre"
_FIELDS = tuple(TakeIn.model_fields.keys() - {"photos", "request_key"})


class TakeInReturned(TakeIn):
    """A thing that went back to its owner before this site was there: as old as it is, it is history."""

    returned_on: date

    @field_validator("occurred_on", "returned_on")
    @classmethod
    def _a_day_that_was(cls, value: date) -> date:
        if value > today():
            raise ValueError(lazy("%(day)s 还没有到，日期最晚是今天。", day=value.isoformat()))
        return value


class Seen:
    """The numbers of a file's lines so far, on disk: a file of any length needs the same memory."""

    def __init__(self) -> None:
        self._known = sqlite3.connect("", isolation_level=None)
        self._known.execute("PRAGMA cache_size = -1000")
        self._known.execute("CREATE TABLE seen (ref TEXT PRIMARY KEY) WITHOUT ROWID")
        self._known.execute("BEGIN")

    def add(self, ref: str) -> bool:
        """Note ``ref``; False when it was there."""
        return self._known.execute("INSERT OR IGNORE INTO seen VALUES (?)", (ref,)).rowcount == 1

    def close(self) -> None:
        """Let the disk go."""
        self._known.close()


def already_there(ref: str) -> Invalid:
    """The refusal of a line that was imported before."""
    return Invalid({"id": _("%(ref)s 已经导入过，或在文件里出现了两次。", ref=ref)})


def check(values: Any, desks: set[str]) -> dict[str, Any]:
    """A line as it is stored; raises Invalid naming the field and what is wrong."""
    if not isinstance(values, dict):
        raise Invalid({"line": _("这一行不是一个 JSON 对象。")})
    ref = str(values.get("id") or "").strip()
    if not ref or len(ref) > 60:
        raise Invalid({"id": _("每行要有一个 60 个字以内的编号。")})
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
    code = our_words()["kind"].get(folded(str(value)), "")
    if not code:
        raise Invalid({"kind": _("“%(value)s”不是 lost（寻物）或 found（招领）。", value=value)})
    return Kind(code)


def _command(kind: Kind, values: Mapping[str, Any]) -> PostReport:
    known = {name: values[name] for name in _FIELDS if values.get(name) not in (None, "")}
    category = str(known.get("category", "")).strip()
    known["category"] = our_words()["category"].get(folded(category), category)
    if kind is Kind.LOST:
        return PostLost.model_validate(known)
    known = {"desk": DEFAULT_DESK} | known
    if values.get("returned_on"):
        return TakeInReturned.model_validate(known | {"returned_on": values["returned_on"]})
    return TakeIn.model_validate(known)
