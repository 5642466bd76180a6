"""The story of a case for who sent it: every holder, every step with its reason, every word, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from campus_service.core.clock import to_local
from campus_service.core.i18n import _, lazy
from campus_service.core.page import fmt_day, fmt_when
from campus_service.feedback.models import Answer, Case, CaseEvent, Message
from campus_service.feedback.states import EventType, Kind, MessageKind, RouteHow

# Told by the message of the same moment.
_SAID = frozenset(
    {EventType.PROGRESS, EventType.ACTED, EventType.ASKED, EventType.SUPPLIED, EventType.MESSAGE}
    | {EventType.ANSWERED, EventType.REOPENED}
)
# The department's own affairs, or somebody else's case.
_INSIDE = frozenset({EventType.SUBMITTED, EventType.SENT_BACK, EventType.LINKED, EventType.PUBLISHED})
_LATE = frozenset({EventType.ESCALATED, EventType.UNCLAIMED, EventType.LAPSED})
_WORDS = {
    EventType.RECEIVED: lazy("收到你的反馈"),
    EventType.ROUTED: lazy("送到%(to)s，等它接手"),
    EventType.UNCLAIMED: lazy("%(department)s没有按时接手，事务中心重新分办"),
    EventType.ACCEPTED: lazy("%(department)s接手"),
    EventType.RETURNED: lazy("%(department)s说不归它管，事务中心重新分办"),
    EventType.ADJUDICATED: lazy("事务中心裁定由%(to)s办理"),
    EventType.OFFERED: lazy("转给%(to)s"),
    EventType.HANDED_OVER: lazy("%(to)s接受"),
    EventType.REFUSED: lazy("%(to)s没有接受，仍由%(department)s负责"),
    EventType.LAPSED: lazy("%(to)s没有按时接受，仍由%(department)s负责"),
    EventType.ASSIGNED: lazy("交给%(person)s办"),
    EventType.RESUMED: lazy("等满 5 个工作日，恢复计时"),
    EventType.EXTENDED: lazy("延期 %(days)s 个工作日"),
    EventType.CLOSED: lazy("办结"),
    EventType.MERGED: lazy("和同样的事一起办"),
    EventType.SPLIT: lazy("几个部门一起办"),
    EventType.WITHDRAWN: lazy("你撤回了"),
}
_LEVELS = {
    1: lazy("过了答应的时间，已报部门负责人"),
    2: lazy("还没有答复，已报事务中心"),
    3: lazy("还没有答复，已列为督办"),
    4: lazy("还没有答复，已列入公开名单"),
}
_SPEAKERS = {
    MessageKind.PROGRESS: lazy("%(department)s有进展"),
    MessageKind.REQUEST: lazy("%(department)s请你补充，一次说清"),
    MessageKind.ANSWER: lazy("%(department)s答复"),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened or was said."""

    at: datetime
    when: str
    title: str
    text: str = ""
    small: str = ""
    who: str = ""
    tone: str = "done"
    photos: Sequence[Any] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class Told:
    """What a story is told from; ``names``: of departments, ``people``: of staff."""

    case: Case
    events: Sequence[CaseEvent]
    messages: Sequence[Message]
    names: Mapping[str, str]
    people: Mapping[int, str]
    photos: Mapping[int, Sequence[Any]]
    answered: Mapping[int, Sequence[Any]]
    answers: Sequence[Answer]


def when(case: Case, moment: datetime) -> str:
    """A moment; of an anonymous case the hour alone (domain.md §2)."""
    if not case.anonymous:
        return fmt_when(moment)
    local = to_local(moment)
    return _("%(day)s %(hour)s 时", day=fmt_day(local.date()), hour=local.hour)


def story(told: Told) -> list[Entry]:
    """The log without what is the department's own, and what was said, in the order of time."""
    skipped = _SAID | _INSIDE
    entries = [_happened(told, event) for event in told.events if event.type not in skipped]
    sent = iter(told.answered.get(row.id, ()) for row in told.answers)
    for message in told.messages:
        pictures = next(sent, ()) if message.kind is MessageKind.ANSWER else told.photos.get(message.id, ())
        entries.append(_said(told, message, pictures))
    return sorted(entries, key=lambda entry: entry.at)


def _said(told: Told, message: Message, photos: Sequence[Any]) -> Entry:
    if message.kind is MessageKind.SENDER:
        return Entry(message.at, when(told.case, message.at), _("你说"), message.body, photos=photos)
    department = told.names.get(message.department_code or "", _("负责的人"))
    title = str(_SPEAKERS[message.kind]) % {"department": department}
    # Who reads a report stays unnamed.
    who = "" if told.case.confidential else told.people.get(message.author_id or 0, "")
    return Entry(message.at, when(told.case, message.at), title, message.body, who=who, photos=photos)


def _happened(told: Told, event: CaseEvent) -> Entry:
    values = {
        "department": told.names.get(event.department_code or "", _("负责的部门")),
        "to": told.names.get(event.to_department or "", _("指定的人")),
        "person": told.people.get(event.data.get("user") or 0, _("一位同事")),
        "days": event.data.get("days", ""),
    }
    return Entry(
        event.at,
        when(told.case, event.at),
        _title(told, event, values),
        _("理由：%(reason)s", reason=event.note) if event.note else "",
        _small(told, event, values),
        tone="late" if event.type in _LATE else "done",
    )


def _title(told: Told, event: CaseEvent, values: Mapping[str, Any]) -> str:
    match event.type:
        case EventType.ESCALATED if told.case.confidential:
            return _("过了答应的时间，已再提醒指定的人")
        case EventType.ESCALATED:
            return str(_LEVELS.get(int(event.data.get("level", 1)), _LEVELS[1]))
        case EventType.CHANGED:
            return _changed(event)
        case EventType.VERDICT:
            return _verdict(event)
        case EventType.ACCEPTED if told.case.confidential:
            return _("指定的人开始处理")
        case EventType.ACCEPTED if _first_accepted(told) is event:
            return _("%(department)s接手，成为首问部门", **values)
    return str(_WORDS.get(event.type, lazy("收到你的反馈"))) % values


def _first_accepted(told: Told) -> CaseEvent | None:
    return next((event for event in told.events if event.type is EventType.ACCEPTED), None)


def _small(told: Told, event: CaseEvent, values: Mapping[str, Any]) -> str:
    """What the step means for the sender."""
    match event.type:
        case EventType.RECEIVED:
            return _counted_from(told.case)
        case EventType.ROUTED if event.data.get("how") == RouteHow.RECIPIENTS:
            return _("只有他们看得到，被举报的部门看不到。")
        case EventType.OFFERED:
            return _("接受之前仍由%(department)s负责，转办不重新计时。", **values)
        case EventType.HANDED_OVER:
            return _("责任从这时起归%(to)s。", **values)
    return ""


def _counted_from(case: Case) -> str:
    """When working time begins, for what came in outside it."""
    from campus_service.core.calendar import calendar

    minute = 60
    begins = calendar().add_minutes(case.created_at, 1)
    if (begins - case.created_at).total_seconds() <= minute:
        return ""
    local = to_local(begins)
    return _("非工作时间，从 %(day)s %(time)s 起算", day=fmt_day(local.date()), time=f"{local.hour}:00")


def _changed(event: CaseEvent) -> str:
    before, after = event.data.get("before"), event.data.get("after")
    if event.data.get("field") == "urgent":
        return _("标为紧急") if after else _("不再标为紧急")
    if event.data.get("field") == "kind":
        return _(
            "类别由%(before)s改为%(after)s", before=Kind(str(before)).label, after=Kind(str(after)).label
        )
    return _("标题改为“%(after)s”", after=after)


def _verdict(event: CaseEvent) -> str:
    rating = event.data.get("rating")
    solved = _("你说解决了") if event.data.get("solved") else _("你说没有解决")
    return _("%(solved)s，%(n)s 分", solved=solved, n=rating) if rating else solved
