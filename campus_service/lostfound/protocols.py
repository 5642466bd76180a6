"""The hand-over protocol as PDF: what left together, by which rule, who signed, room for who receives it.

What people wrote reaches Typst as data (core/papers.py).
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from campus_service.accounts import queries as accounts
from campus_service.core import papers
from campus_service.core.actor import Actor
from campus_service.core.clock import to_local
from campus_service.core.i18n import force_locale
from campus_service.core.settings import settings
from campus_service.lostfound import keeping_queries
from campus_service.lostfound.custody import RULES
from campus_service.lostfound.labels import labels
from campus_service.lostfound.models import Disposal

TEMPLATE = Path(__file__).parent / "papers_data" / "protocol.typ"
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]+")


@dataclass(frozen=True, slots=True)
class Line:
    """One thing on a protocol."""

    no: str
    thing: str
    kind: str
    found: str
    notice: str
    rule: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a protocol says; ``signatures``: for whom, and who it was as far as the system knows."""

    no: str
    title: str
    destination: str
    receiver: str
    receipt: str
    when: str
    lines: tuple[Line, ...]
    reasons: tuple[str, ...]
    signatures: tuple[tuple[str, str], ...]
    office: str
    moment: datetime


def sheet(actor: Actor, protocol_id: int) -> Sheet:
    """The protocol for the printer, in Chinese whoever prints it. Needs lostfound:item:intake; raises NotFound."""
    row, things = keeping_queries.protocol(actor, protocol_id)
    with force_locale("zh_CN"):
        takes = row.destination.takes_over
        return Sheet(
            row.no,
            "失物移交单" if takes else "无主失物处理单",
            str(row.destination.label),
            row.receiver,
            row.receipt,
            f"{to_local(row.made_at):%Y年%-m月%-d日 %H:%M}",
            tuple(map(_line, things)),
            tuple(dict.fromkeys(thing.reason for thing in things)),
            (*_signed(things), ("接收人" if takes else "见证人", "")),
            settings().site_name,
            row.made_at,
        )


def _line(disposal: Disposal) -> Line:
    item, names = disposal.item, labels()
    return Line(
        item.no,
        item.title,
        str(names.category[item.category]),
        f"{item.occurred_on:%Y-%m-%d} {item.place or names.area[item.area]}",
        f"{item.notice_on:%Y-%m-%d}" if item.notice_on else "—",
        f"{item.custody.label}：{RULES[item.custody].basis}",
    )


def _signed(things: Sequence[Disposal]) -> Sequence[tuple[str, str]]:
    """Who proposed and who signed, with the days."""
    names = accounts.names_of([id for thing in things for id in (thing.proposed_by, thing.signed_by)])
    first = {f"{names[thing.proposed_by]} {_day(thing.proposed_at)}": None for thing in things}
    second = {
        f"{names[thing.signed_by]} {_day(thing.signed_at)}": None
        for thing in things
        if thing.signed_by is not None and thing.signed_at is not None
    }
    signed = [("提出人" if second else "移交人", "，".join(first))]
    return [*signed, ("签字人", "，".join(second))] if second else signed


def _day(moment: datetime) -> str:
    return f"{to_local(moment):%Y-%m-%d}"


def pdf(wanted: Sheet) -> bytes:
    """The protocol as PDF."""
    data = json.dumps(asdict(wanted), default=str)
    return papers.Press.of(TEMPLATE).print({"sheet": _CONTROLS.sub(" ", data)}, None, wanted.moment).pdf
