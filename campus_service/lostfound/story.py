"""What happened to a thing and what comes next, by when and by which rule, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypedDict

from campus_service.core.clock import now, to_local, today
from campus_service.core.i18n import _, language, lazy
from campus_service.core.page import fmt_day, fmt_when
from campus_service.lostfound import queries
from campus_service.lostfound.commands import DAY_PART_LABELS, DayPart
from campus_service.lostfound.custody import RULES, Destination, Disclosure
from campus_service.lostfound.models import CustodyEvent, Desk, FoundItem, LostReport
from campus_service.lostfound.projection import Detail
from campus_service.lostfound.service import decision_due
from campus_service.lostfound.service.reporting import LAPSE_DAYS
from campus_service.lostfound.states import FoundState

# Civil Code 314: who finds a thing tells its owner or hands it in.
HAND_IN_LAW = lazy("《民法典》第三百一十四条")


@dataclass(frozen=True, slots=True)
class Moment:
    """One point of a timeline; ``kind`` is done, now, next or late."""

    kind: str
    title: str
    when: str = ""
    text: str = ""


class Step(TypedDict):
    """One thing that happens next, with the date and the rule below it."""

    text: str
    small: str


def step(text: str, small: str = "") -> Step:
    """A step in words."""
    return {"text": text, "small": small}


def desk_name(code: str | None) -> str:
    """The desk's name in the reader's language."""
    desk = queries.desk(code) if code else None
    if desk is None:
        return _("招领点")
    return desk.name_en if language() == "en" else desk.name


def desk_text(desk: Desk | None) -> str:
    """Where a desk is and when it is open."""
    return _("，").join(desk_lines(desk))


def desk_lines(desk: Desk | None) -> list[str]:
    """The same as two texts, none without a desk."""
    return [_(desk.place), _(desk.hours)] if desk else []


class DeskChoice(TypedDict):
    """A desk as something to choose or to go to."""

    value: str
    title: str
    text: str


def desk_choices() -> list[DeskChoice]:
    """All open desks with where they are and when."""
    return [
        {"value": desk.code, "title": desk_name(desk.code), "text": desk_text(desk)}
        for desk in queries.desks()
    ]


def day_and_part(detail: Detail) -> str:
    """The day it happened, with the part of the day where that may be public."""
    day = fmt_day(detail.occurred_on)
    part = detail.day_part if _whole(detail) else ""
    return f"{day} {DAY_PART_LABELS[DayPart(part)]}" if part else day


def _whole(detail: Detail) -> bool:
    """Whether the reader sees times and places in full: a teaser is a category, an area and a day."""
    return detail.open or detail.disclosure is Disclosure.FULL


def timeline(
    item: FoundItem,
    detail: Detail,
    events: Iterable[CustodyEvent],
    staff: bool = False,
    names: Mapping[int, str] | None = None,
) -> list[Moment]:
    """Through whose hands a found item went, then where it is and what comes next.

    Desks, no persons; for the staff's own page ``names`` says who did each step.
    """
    moments = [Moment("done", _("在%(place)s捡到", place=detail.card.place), day_and_part(detail))]
    for event in events:
        title, text = _event(item, event, staff)
        if title:
            who = (names or {}).get(event.actor_id or 0, "")
            moments.append(
                Moment("done", title, " · ".join(filter(None, (_when(event.at, detail), who))), text)
            )
    return moments + _now(item) + _next(item)


def _when(moment: datetime, detail: Detail) -> str:
    return fmt_when(moment) if _whole(detail) else fmt_day(to_local(moment).date())


def _event(item: FoundItem, event: CustodyEvent, staff: bool) -> tuple[str, str]:
    """Title and text of one step; no title: the step is not for this reader."""
    if event.step in _LAST:
        return _last(item, event)
    desk = desk_name(event.desk_code)
    match event.step:
        case "posted":
            return _("拾到者在网上登记"), _published(item)
        case "taken_in":
            return _("交到%(desk)s", desk=desk), _("值班员当面收下，给交来的人一张收据。") + _published(item)
        case "handed_in":
            return _("交到%(desk)s", desk=desk), _("值班员当面收下。")
        case "approved":
            return _("一份认领核对通过"), _("等失主凭取件码来领。")
        case "told":
            return _("按学工号通知了失主"), _("没有公布，凭取件码来领。")
        case _:
            return _between_desks(event, desk, staff)


def _between_desks(event: CustodyEvent, desk: str, staff: bool) -> tuple[str, str]:
    """The steps of a thing that stays with us; shelves and what was wrong are for the staff."""
    match event.step:
        case "sent":
            return _("转往%(desk)s", desk=desk), ""
        case "received":
            return _("%(desk)s收到", desk=desk), _("两边都签了字。")
        case "taken_back":
            return _("%(desk)s收回", desk=desk), ""
        case "counted":
            return _("盘点时在%(desk)s", desk=desk), ""
        case "shelved" if staff:
            return _("换到 %(shelf)s 架", shelf=event.shelf), ""
        case "refused" if staff:
            return _("%(desk)s说没收到，或对不上", desk=desk), event.note
        case _:
            return "", ""


_LAST = ("returned", "handed_over", "disposed")


def _last(item: FoundItem, event: CustodyEvent) -> tuple[str, str]:
    """The step by which it left, and the rule where its owner did not come."""
    if event.step == "returned":
        return _("交还失主"), _("保卫处当面核对并确认。")
    basis = str(RULES[item.custody].basis)
    if event.step == "handed_over":
        return _("移交%(to)s", to=event.note), basis
    return _("到期处理：%(where)s", where=Destination(event.note).label), basis


def _published(item: FoundItem) -> str:
    if RULES[item.custody].disclosure is Disclosure.NOTHING:
        return _("按规定不在网上公布。")
    return _("同时公布。")


def _now(item: FoundItem) -> list[Moment]:
    desk = queries.desk(item.desk_code) if item.desk_code else None
    match item.state:
        case FoundState.HELD:
            return [
                Moment("now", _("在%(desk)s保管", desk=desk_name(item.desk_code)), _("现在"), desk_text(desk))
            ]
        case FoundState.IN_TRANSIT:
            return [Moment("now", _("在去%(desk)s的路上", desk=desk_name(item.desk_code)), _("现在"))]
        case FoundState.REPORTED:
            return [Moment("now", _("在拾到者手里"), _("现在"))]
        case _:
            return []


def _next(item: FoundItem) -> list[Moment]:
    """The next promise and the rule behind it."""
    if item.state is FoundState.REPORTED and item.hand_in_by:
        return [_promise(_("交到招领点"), item.hand_in_by, str(HAND_IN_LAW))]
    if item.state is FoundState.HELD and item.due_on:
        rule = RULES[item.custody]
        return [_promise(str(rule.then), item.due_on, str(rule.basis))]
    return []


def _promise(title: str, day: date, rule: str) -> Moment:
    return Moment("late" if day < today() else "next", title, fmt_day(day), rule)


def receipt(item: FoundItem, events: Iterable[CustodyEvent]) -> list[Moment]:
    """What happened since the finder handed it in: desks and days, nothing of the thing or of people."""
    told = [
        (event, _event(item, event, staff=False))
        for event in events
        if event.step not in ("posted", "approved")
    ]
    moments = [Moment("done", title, fmt_when(event.at), text) for event, (title, text) in told if title]
    return moments + _now(item) + _next(item)


# --- what happens next -------------------------------------------------------------------------------------------


def after_claiming() -> list[Step]:
    """Below the claim form."""
    return [
        step(_("保卫处核对"), _("最晚 %(when)s 前告诉你", when=fmt_when(decision_due(now())))),
        step(_("通过后，你会收到取件码")),
        step(_("带上任一证件，到招领点当面领回")),
    ]


def after_finding(item: FoundItem, desk: Desk | None) -> list[Step]:
    """After a found item was posted; ``desk`` is where the finder said he would bring it."""
    by = fmt_day(item.hand_in_by) if item.hand_in_by else ""
    where = _("把它交到%(desk)s", desk=desk_name(desk.code)) if desk else _("把它交到任一招领点")
    when = _("最晚 %(day)s · %(rule)s", day=by, rule=HAND_IN_LAW) if by else ""
    return [
        step(where, " · ".join(filter(None, (desk_text(desk), when)))),
        step(_("报编号 %(no)s，值班员贴上标签，给你一张收据", no=item.no)),
        step(_("失主领回时，我们告诉你")),
    ]


def after_losing(report: LostReport) -> list[Step]:
    """After a lost report was posted."""
    shown = _("捡到的人登记前会先看到它。") if report.listed else _("证件和卡不公布，只有招领点看得到。")
    return [
        step(_("寻物已经登记"), shown),
        step(_("看到像是你的，在那一页点“这是我的”"), _("回答一个只有你知道的问题，由保卫处核对。")),
        step(
            _("找到了，回来点一下“找到了”"),
            _(
                "%(day)s 还没有消息，我们问你是否还在找；%(n)s 天没有回应，登记先收起。",
                day=fmt_day(report.remind_on),
                n=LAPSE_DAYS,
            ),
        ),
    ]


def at_the_desk() -> list[Step]:
    """Below the pick-up code."""
    return [
        step(_("报取件码，带任一证件"), _("工作人员看一眼，只记种类和末 4 位")),
        step(_("看看东西对不对")),
        step(_("在这台手机上点确认")),
    ]
