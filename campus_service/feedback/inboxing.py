"""What the officers' list says: its rows with their clocks in words, its chips and filters as a reader asked for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import url_for

from campus_service.accounts import queries as accounts
from campus_service.core.actor import Actor
from campus_service.core.calendar import calendar
from campus_service.core.clock import now
from campus_service.core.http import decode_cursor, encode_cursor
from campus_service.core.i18n import LazyString, _, language, ngettext
from campus_service.core.places import AREAS, BY_CODE, area_label
from campus_service.feedback import inbox_listing, inbox_queries
from campus_service.feedback.clock_lines import DAY_MINUTES, duration
from campus_service.feedback.clocks import RULES
from campus_service.feedback.commands import Filter
from campus_service.feedback.inbox_listing import Counts, Wanted
from campus_service.feedback.states import CaseState, Clock, Kind

# Less than so many working minutes left: the clock turns ochre.
SOON = DAY_MINUTES
CHIPS = (Filter.ALL, Filter.TO_ACCEPT, Filter.TODAY, Filter.LATE, Filter.WAITING)
_BADGES = {
    CaseState.ROUTED: ("lake", "ring"),
    CaseState.RETURNED: ("wait", "undo"),
    CaseState.WAITING: ("wait", "pause"),
    CaseState.REOPENED: ("late", "undo"),
    CaseState.ADJUDICATED: ("lake", "shield"),
    CaseState.ANSWERED: ("moss", "check"),
    CaseState.CLOSED: ("moss", "check"),
}


@dataclass(frozen=True, slots=True)
class Badge:
    """A state in words, colour and shape."""

    label: str
    tone: str
    glyph: str


@dataclass(frozen=True, slots=True)
class Remaining:
    """A clock: what is left in words, how much is used, how urgent."""

    text: str
    percent: int
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the list."""

    no: str
    url: str
    title: str
    chips: list[tuple[str, str]]
    place: str
    kind: LazyString
    badge: Badge
    clock: Remaining | None
    officer: str
    assignable: bool


@dataclass(frozen=True, slots=True)
class Sheet:
    """The list with all that stands around it."""

    wanted: Wanted
    lines: list[Line]
    counts: Counts
    chips: list[dict[str, Any]]
    following: str
    first: str
    kinds: list[tuple[str, LazyString]]
    areas: list[tuple[str, LazyString]]
    officers: Sequence[Any]


# --- what was asked for -----------------------------------------------------------------------------------------


def asked(args: Mapping[str, str]) -> Wanted:
    """The list that an address asks for; what it does not know is left out."""
    cursor = decode_cursor(args.get("after", ""), str, int)
    return Wanted(
        filter=_one_of(Filter, args.get("filter", "")) or Filter.ALL,
        kind=_one_of(Kind, args.get("kind", "")),
        area=args.get("area", "") if args.get("area") in BY_CODE else "",
        q=args.get("q", "").strip()[:60],
        after=(cursor[0], cursor[1]) if cursor else None,
    )


def _one_of(enum: Any, value: str) -> Any:
    return enum(value) if value in list(enum) else None


def address(wanted: Wanted, **changes: Any) -> dict[str, Any]:
    """``wanted`` as the arguments of an address."""
    values = {
        "filter": wanted.filter.value,
        "kind": wanted.kind,
        "area": wanted.area,
        "q": wanted.q,
    } | changes
    return {name: str(value) for name, value in values.items() if value and value != Filter.ALL.value}


# --- the list ---------------------------------------------------------------------------------------------------


def sheet(actor: Actor, wanted: Wanted, names: Mapping[str, str]) -> Sheet:
    """One page of the list; ``names``: of the departments."""
    page, counts = inbox_listing.listed(actor, wanted), inbox_listing.counts(actor)
    people = accounts.names_of(row.assignee_id for row in page.rows)
    here = address(wanted)
    return Sheet(
        wanted=wanted,
        lines=[_line(actor, row, people, names, here) for row in page.rows],
        counts=counts,
        chips=[_chip(each, wanted, counts) for each in CHIPS],
        following=url_for("inbox.index", **here, after=encode_cursor(*page.following))
        if page.following
        else "",
        first=url_for("inbox.index", **here) if wanted.after else "",
        kinds=[(kind.value, kind.label) for kind in Kind],
        areas=[(area.code, area.label) for area in AREAS],
        officers=inbox_queries.colleagues(sorted(actor.departments)),
    )


def _chip(filter: Filter, wanted: Wanted, counts: Counts) -> dict[str, Any]:
    return {
        "label": filter.label,
        "count": counts.text(filter),
        "url": url_for("inbox.index", **address(wanted, filter=filter.value, q="")),
        "current": filter is wanted.filter and not wanted.q,
    }


def _line(
    actor: Actor, row: Any, people: Mapping[int, str], names: Mapping[str, str], here: dict[str, Any]
) -> Line:
    return Line(
        no=row.no,
        url=url_for("inbox.show", no=row.no, **here),
        title=row.title,
        chips=chips(actor, row, names),
        place=place(row),
        kind=row.kind.label,
        badge=badge(row, row.approving),
        clock=remaining(row),
        officer=_officer(row, people),
        assignable=row.is_open and row.department_code in actor.departments,
    )


def place(row: Any) -> str:
    """Where it is: as the sender wrote it, else the area."""
    return row.place or (str(area_label(row.area)) if row.area != "other" else "")


def badge(row: Any, approving: bool) -> Badge:
    """Where it stands; an answer that waits for the head is said first."""
    if approving:
        return Badge(_("待审"), "wait", "eye")
    tone, glyph = _BADGES.get(row.state, ("", "half"))
    return Badge(str(row.state.label), tone, glyph)


def chips(actor: Actor, row: Any, names: Mapping[str, str]) -> list[tuple[str, str]]:
    """What stands out, with its tone."""
    found = []
    if row.urgent:
        found.append((_("安全"), "late"))
    if row.escalation >= 3:
        found.append((_("督办"), "late"))
    if row.followers:
        found.append((_("+%(n)s 人", n=row.followers), ""))
    if row.offered_to in actor.departments:
        found.append((_("请接手，%(department)s转来", department=names.get(row.department_code, "")), "wait"))
    elif row.offered_to:
        found.append((_("等%(department)s接手", department=names.get(row.offered_to, "")), ""))
    if row.first_department and row.first_department != row.department_code:
        found.append((_("转自%(department)s", department=names.get(row.first_department, "")), ""))
    return found


def _officer(row: Any, people: Mapping[int, str]) -> str:
    if row.state is CaseState.ROUTED:
        return _("等待接手")
    return people.get(row.assignee_id, _("还没分给人"))


# --- clocks -----------------------------------------------------------------------------------------------------


def remaining(row: Any) -> Remaining | None:
    """What is due next, in words: what is left of it, or by how much it is over."""
    if not row.is_open or row.next_due_at is None:
        return None
    if row.paused:
        promised = row.answer_due_at or row.next_due_at
        left = _minutes(Clock.ANSWER, now(), promised)
        return Remaining(_("暂停，等同学回话"), _percent(row, Clock.ANSWER, promised, left))
    clock, due = row.next_clock, row.next_due_at
    if due <= now():
        over = _minutes(clock, due, now())
        return Remaining(_("超 %(time)s", time=_words(clock, over)) if over else _("刚超时"), 100, "late")
    left = _minutes(clock, now(), due)
    tone = "late" if clock in _SAFETY else "soon" if left < SOON and clock is not Clock.PROGRESS else ""
    return Remaining(_left(clock, left), _percent(row, clock, due, left), tone)


_SAFETY = (Clock.SAFETY_ACK, Clock.SAFETY_ACT)


def _left(clock: Clock, minutes: int) -> str:
    time = _words(clock, minutes)
    if clock is Clock.SAFETY_ACK:
        return _("%(time)s内回应", time=time)
    if clock is Clock.SAFETY_ACT:
        return _("%(time)s内到场", time=time)
    return _("%(time)s内发进展", time=time) if clock is Clock.PROGRESS else _("剩 %(time)s", time=time)


def _words(clock: Clock, minutes: int) -> str:
    """Working time, or for safety, where every hour counts, real time: the largest unit is enough."""
    if clock not in _SAFETY or minutes < 60:
        return rough(minutes)
    hours = minutes // 60
    if hours < 24:
        return ngettext("%(num)s 小时", "%(num)s 小时", hours)
    return ngettext("%(num)s 天", "%(num)s 天", hours // 24)


def rough(minutes: int) -> str:
    """Working minutes in words, minutes only within the last hour: 1 天 2 小时."""
    days, rest = divmod(minutes, DAY_MINUTES)
    return duration(minutes if minutes < 60 else days * DAY_MINUTES + rest - rest % 60)


def _minutes(clock: Clock, start: datetime, end: datetime) -> int:
    if clock in _SAFETY:
        return max(0, -((start - end) // timedelta(minutes=1)))
    return calendar().minutes_between(start, end)


def _percent(row: Any, clock: Clock, due: datetime, left: int) -> int:
    """How much of the time is used, for the bar; ``left``: minutes until ``due``."""
    total = {
        Clock.SAFETY_ACK: RULES.safety_ack_minutes,
        Clock.SAFETY_ACT: RULES.safety_act_minutes,
        Clock.ACCEPT: RULES.accept_minutes,
        Clock.PROGRESS: RULES.progress_days * DAY_MINUTES,
    }.get(clock) or _minutes(clock, row.reopened_at or row.created_at, due)
    return 100 - min(100, 100 * left // max(1, total))


def answer_clock(row: Any) -> Remaining | None:
    """The promise: what is left of it."""
    if not row.is_open or row.answer_due_at is None:
        return None
    if row.paused:
        return remaining(row)
    due = row.answer_due_at
    if due <= now():
        return Remaining(_("超 %(time)s", time=rough(_minutes(Clock.ANSWER, due, now()))), 100, "late")
    left = _minutes(Clock.ANSWER, now(), due)
    percent = _percent(row, Clock.ANSWER, due, left)
    return Remaining(_("剩 %(time)s", time=rough(left)), percent, "soon" if left < SOON else "")


def department_names() -> dict[str, str]:
    """Every department's name in the reader's language, by its code."""
    english = language() == "en"
    return {row.code: row.name_en if english else row.name for row in accounts.departments()}
