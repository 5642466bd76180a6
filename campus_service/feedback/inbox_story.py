"""The story of a case for those who work on it: its log and what was said, as one line of time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from campus_service.core.i18n import _, lazy
from campus_service.core.page import fmt_when
from campus_service.feedback.models import Answer, CaseEvent, Message
from campus_service.feedback.states import AnswerState, EventType, Kind, MessageKind, RouteHow
from campus_service.media import service as media

# Their words stand in a message of the same moment.
_SAID = frozenset(
    {EventType.PROGRESS, EventType.ACTED, EventType.ASKED, EventType.SUPPLIED, EventType.MESSAGE}
    | {EventType.ANSWERED}
)
_TONES = {
    EventType.RETURNED: "late", EventType.UNCLAIMED: "late", EventType.REFUSED: "late", EventType.LAPSED: "late",
    EventType.ESCALATED: "late", EventType.SENT_BACK: "late",
}  # fmt: skip
_WORDS = {
    EventType.RECEIVED: lazy("收到"),
    EventType.ROUTED: lazy("分给%(to)s"),
    EventType.UNCLAIMED: lazy("%(department)s没有按时接手，回到分办"),
    EventType.ACCEPTED: lazy("%(department)s接手"),
    EventType.RETURNED: lazy("%(department)s退回，不归本部门"),
    EventType.ADJUDICATED: lazy("事务中心裁定由%(to)s办理"),
    EventType.OFFERED: lazy("%(department)s请%(to)s接手"),
    EventType.HANDED_OVER: lazy("%(to)s接手，不重新计时"),
    EventType.REFUSED: lazy("%(to)s不接"),
    EventType.LAPSED: lazy("%(to)s没有按时接手，仍由%(department)s负责"),
    EventType.ASSIGNED: lazy("交给%(person)s办"),
    EventType.RESUMED: lazy("等满 5 个工作日，恢复计时"),
    EventType.EXTENDED: lazy("延期 %(days)s 个工作日"),
    EventType.SUBMITTED: lazy("答复送负责人审"),
    EventType.SENT_BACK: lazy("负责人退回修改"),
    EventType.REOPENED: lazy("同学不满意，重新办理"),
    EventType.CLOSED: lazy("办结"),
    EventType.MERGED: lazy("并到 %(into)s"),
    EventType.SPLIT: lazy("拆给几个部门一起办"),
    EventType.LINKED: lazy("和 %(other)s 有关"),
    EventType.WITHDRAWN: lazy("同学撤回"),
    EventType.PUBLISHED: lazy("看过公开的文字"),
}
_LEVELS = {
    1: lazy("超时，报部门负责人"),
    2: lazy("超时，报事务中心"),
    3: lazy("超时，督办"),
    4: lazy("超时，列入公开名单"),
}
_SPEAKERS = {
    MessageKind.SENDER: lazy("同学"),
    MessageKind.PROGRESS: lazy("%(who)s · 进展"),
    MessageKind.REQUEST: lazy("%(who)s · 一次告知"),
    MessageKind.ANSWER: lazy("%(who)s · 答复"),
    MessageKind.NOTE: lazy("%(who)s · 内部备注"),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened or was said."""

    at: datetime
    when: str
    title: str
    text: str = ""
    tone: str = "done"
    note: bool = False
    photos: Sequence[Any] = field(default_factory=tuple)


def story(
    events: Sequence[CaseEvent],
    messages: Sequence[Message],
    answers: Sequence[Answer],
    people: Mapping[int, str],
    names: Mapping[str, str],
) -> list[Entry]:
    """The log without what the messages say themselves, and the messages, in the order of time."""
    photos = media.photos_of("feedback_message", [message.id for message in messages])
    attached = media.photos_of("feedback_answer", [row.id for row in answers])
    sent = iter(attached.get(row.id, []) for row in answers if row.state is AnswerState.SENT)
    entries = [_happened(event, people, names) for event in events if event.type not in _SAID]
    for message in messages:
        pictures = next(sent, []) if message.kind is MessageKind.ANSWER else photos.get(message.id, [])
        entries.append(_said(message, people, pictures))
    return sorted(entries, key=lambda entry: entry.at)


def _said(message: Message, people: Mapping[int, str], photos: Sequence[Any]) -> Entry:
    who = people.get(message.author_id or 0, "")
    title = str(_SPEAKERS[message.kind]) % {"who": who}
    if message.kind is MessageKind.SENDER and who:
        title = _("%(name)s（同学）", name=who)
    tone = "now" if message.kind in (MessageKind.SENDER, MessageKind.ANSWER) else "done"
    note = message.kind is MessageKind.NOTE
    return Entry(message.at, fmt_when(message.at), title, message.body, tone, note, photos)


def _happened(event: CaseEvent, people: Mapping[int, str], names: Mapping[str, str]) -> Entry:
    values = {
        "department": names.get(event.department_code or "", ""),
        "to": names.get(event.to_department or "", _("指定的人")),
        "person": people.get(event.data.get("user") or 0, ""),
        "days": event.data.get("days", ""),
        "into": event.data.get("into", ""),
        "other": event.data.get("other", ""),
    }
    title = _title(event, values)
    who = people.get(event.actor_id or 0, "")
    when = " · ".join(filter(None, (fmt_when(event.at), who)))
    # The reason of a reopening is the sender's next message.
    text = "" if event.type is EventType.REOPENED else event.note
    return Entry(event.at, when, title, text, _TONES.get(event.type, "done"))


def _title(event: CaseEvent, values: Mapping[str, Any]) -> str:
    if event.type is EventType.ESCALATED:
        return str(_LEVELS.get(int(event.data.get("level", 1)), _LEVELS[1]))
    if event.type is EventType.CHANGED:
        return _changed(event)
    if event.type is EventType.VERDICT:
        solved = _("说解决了") if event.data.get("solved") else _("说没有解决")
        rating = event.data.get("rating")
        return (
            _("同学%(solved)s，%(n)s 分", solved=solved, n=rating)
            if rating
            else _("同学%(solved)s", solved=solved)
        )
    if event.type is EventType.ROUTED and event.data.get("how"):
        return _(
            "%(what)s（%(how)s）",
            what=str(_WORDS[event.type]) % values,
            how=RouteHow(event.data["how"]).label,
        )
    return str(_WORDS.get(event.type, lazy("收到"))) % values


def _changed(event: CaseEvent) -> str:
    before, after = event.data.get("before"), event.data.get("after")
    if event.data.get("field") == "urgent":
        return _("标为紧急") if after else _("不再标为紧急")
    if event.data.get("field") == "kind":
        return _(
            "类别由%(before)s改为%(after)s", before=Kind(str(before)).label, after=Kind(str(after)).label
        )
    return _("标题改为“%(after)s”", after=after)
