"""How a deadline came about, line by line: kept as codes with numbers and days, said in the reader's language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from campus_service.core.clock import to_local
from campus_service.core.i18n import LazyString, _, lazy, ngettext
from campus_service.core.worktime import Span, WorkCalendar
from campus_service.feedback.states import Kind

# A working day in minutes: 08:00–12:00 and 14:00–17:30.
DAY_MINUTES = 450


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an explanation: ``code`` says which sentence, ``params`` are plain JSON."""

    code: str
    params: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """To be kept beside a case; ``Line(**row)`` brings it back."""
        return {"code": self.code, "params": dict(self.params)}

    @property
    def text(self) -> str:
        """In the reader's language."""
        return line_text(self.code, self.params)


def at(code: str, moment: datetime, **params: Any) -> Line:
    """A line about a moment."""
    return Line(code, {"at": moment.isoformat(), **params})


def unusual_days(calendar: WorkCalendar, start: datetime, due: datetime) -> Iterator[Line]:
    """The days off, and the weekends worked, after the day of ``start`` and until ``due``."""
    first = to_local(start).date() + timedelta(days=1)
    for span in calendar.unusual(first, to_local(due).date()):
        yield _span(span)


def _span(span: Span) -> Line:
    code = "worked" if span.day.working else "off"
    days = {"first": span.first.isoformat(), "last": span.last.isoformat()}
    return Line(code, {**days, "reason": span.day.reason})


def line_text(code: str, params: Mapping[str, Any]) -> str:
    """The sentence of a line, in the reader's language."""
    values = {name: _shown(name, value) for name, value in params.items()}
    if code in ("off", "worked"):
        return _days_text(code, values, params["first"] == params["last"])
    return str(_TEXTS[code]) % values


def _shown(name: str, value: Any) -> str:
    """A value as its reader sees it; the name says what it is."""
    # The words of dates are the pages' own: loading them is left to who shows a line.
    from campus_service.core.page import fmt_day, fmt_when

    if name in ("at", "until"):
        return fmt_when(datetime.fromisoformat(value))
    if name in ("first", "last"):
        return fmt_day(date.fromisoformat(value))
    if name == "kind":
        return str(Kind(value).label)
    if name == "reason":
        # "" is the name of the catalogue's own header.
        return _(value) if value else ""
    return duration(value) if name == "minutes" else str(value)


def _days_text(code: str, values: Mapping[str, str], single: bool) -> str:
    days = values["first"] if single else _("%(first)s 至 %(last)s", **values)
    plain = _("休息") if code == "off" else _("上班")
    return f"{days} {values['reason'] or plain}"


def duration(minutes: int) -> str:
    """Working minutes as days of 7½ hours, hours and minutes: 1 天 2 小时."""
    days, rest = divmod(minutes, DAY_MINUTES)
    hours, minutes = divmod(rest, 60)
    parts = [
        (days, ngettext("%(num)s 天", "%(num)s 天", days)),
        (hours, ngettext("%(num)s 小时", "%(num)s 小时", hours)),
        (minutes, ngettext("%(num)s 分钟", "%(num)s 分钟", minutes)),
    ]
    return " ".join(text for number, text in parts if number) or parts[2][1]


_TEXTS: dict[str, LazyString] = {
    "received": lazy("%(at)s 收到"),
    "urgent": lazy("%(at)s 改为紧急"),
    "routed": lazy("%(at)s 分到部门"),
    "returned": lazy("%(at)s 退回，等重新分办"),
    "unclaimed": lazy("%(at)s 没有部门接手，等重新分办"),
    "offered": lazy("%(at)s 转给另一个部门，等它接手"),
    "reopened": lazy("%(at)s 重新办理，期限从这时另算"),
    "since": lazy("%(at)s 上一次有消息"),
    "asked": lazy("%(at)s 请同学补充"),
    "days": lazy("%(kind)s %(days)s 个工作日，当日不计（民法典第二百零一条）"),
    "departments": lazy("另有 %(n)s 个部门一起办，加 %(days)s 个工作日"),
    "extended": lazy("%(at)s 延期 %(days)s 个工作日"),
    "paused": lazy("暂停 %(minutes)s，等同学补充"),
    "pausing": lazy("%(at)s 起暂停，等同学补充；最多停到 %(until)s"),
    "handed_over": lazy("%(at)s 换了部门，不重新计时"),
    "promised": lazy("先前答应的是 %(at)s，重算也不提前"),
    "provisional": lazy("%(year)s 年的放假安排还没公布，暂按周一至周五算；公布后重算，只会推后，不会提前"),
    "counted_from": lazy("非工作时间，从 %(at)s 起算"),
    "accept_hours": lazy("%(minutes)s内接手，只算工作时间"),
    "progress_days": lazy("至少每 %(days)s 个工作日告诉同学一次进展"),
    "sender_days": lazy("同学有 %(days)s 个工作日补充，之后自动恢复计时"),
    "safety_ack": lazy("安全事项 %(n)s 分钟内回应，昼夜不停"),
    "safety_act": lazy("安全事项 %(n)s 小时内到场处置，昼夜不停"),
    "due": lazy("最晚 %(at)s"),
}
