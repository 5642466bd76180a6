"""What the page of one case says to who sent it, and what its public side says to everybody else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from campus_service.accounts import queries as accounts
from campus_service.core.actor import Actor
from campus_service.core.clock import now
from campus_service.core.db import db
from campus_service.core.i18n import LazyString, _
from campus_service.core.page import fmt_when
from campus_service.core.places import area_label
from campus_service.feedback import policy, projection, public_queries, queries
from campus_service.feedback.clock_lines import duration
from campus_service.feedback.clocks import Clocks, Running
from campus_service.feedback.inboxing import department_names, rough
from campus_service.feedback.models import Answer, Case, CaseEvent, Message, PublicAnswer
from campus_service.feedback.sender_story import Entry, Told, story, when
from campus_service.feedback.service import timing
from campus_service.feedback.states import HELD, CaseState, Clock, EventType, MessageKind
from campus_service.media import service as media

# The sender sees where his case stands by colour and shape too.
_BADGES = {
    CaseState.RECEIVED: ("", "ring"),
    CaseState.ROUTED: ("", "ring"),
    CaseState.RETURNED: ("", "undo"),
    CaseState.WAITING: ("wait", "pause"),
    CaseState.ANSWERED: ("moss", "check"),
    CaseState.CLOSED: ("moss", "check"),
    CaseState.MERGED: ("", "link"),
    CaseState.WITHDRAWN: ("", "x"),
}


@dataclass(frozen=True, slots=True)
class Badge:
    """A state in words, colour and shape."""

    label: LazyString
    tone: str
    glyph: str


@dataclass(frozen=True, slots=True)
class Pledge:
    """The promise: by when what is done, how much of the time is used, and how that was worked out."""

    title: str
    due: str
    percent: int | None
    used: str
    left: str
    lines: list[str]
    note: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Holder:
    """A department that was responsible, and since when."""

    label: str
    department: str
    when: str
    current: bool


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: what came of it, who gave it, when."""

    body: str
    outcome: LazyString
    detail: str
    department: str
    when: str
    photos: Sequence[Any] = ()


@dataclass(frozen=True, slots=True)
class Seen:
    """A case as its sender sees it; ``own`` False: its public side."""

    case: Case
    own: bool
    title: str
    body: str
    place: str
    badge: Badge
    pledge: Pledge | None
    chain: list[Holder]
    contact: str
    story: list[Entry]
    ahead: tuple[str, str, str] | None
    asked: str
    replies: list[Reply]
    photos: Sequence[Any]
    parts: list[tuple[str, Badge]]
    may: frozenset[str]
    waits_for: str = ""
    into: Case | None = None
    following: bool = False
    public_answer: PublicAnswer | None = None


def badge(case: Case) -> Badge:
    """Where a case stands."""
    tone, glyph = _BADGES.get(case.state, ("lake", "half"))
    return Badge(case.state.label, tone, glyph)


def place(case: Case) -> str:
    """Where it is: as the sender wrote it, else the area."""
    return case.place or (str(area_label(case.area)) if case.area != "other" else "")


# --- for who sent it --------------------------------------------------------------------------------------------


def own(actor: Actor, case: Case) -> Seen:
    """The whole case, for the sender."""
    events, messages, names = queries.events(case.id), queries.messages(case.id), department_names()
    answers, parts = queries.sent_answers(case.id), queries.parts(case.id)
    told = _told(case, events, messages, answers, names)
    running = timing.clocks_of(case, events)
    into = db.session.get(Case, case.merged_into_id) if case.merged_into_id else None
    replies = [_reply(row, case, names, told.answered.get(row.id, ())) for row in answers]
    return Seen(
        case=case,
        own=True,
        title=case.title,
        body=case.body,
        place=place(case),
        badge=badge(case),
        pledge=pledge(case, running),
        chain=chain(case, events, names),
        contact=_contact(case, told),
        story=story(told),
        ahead=next_step(case, running),
        asked=_asked(case, messages),
        replies=replies or _replies_elsewhere(into, names),
        photos=media.photos_of("feedback_case", [case.id]).get(case.id, []),
        parts=[(names.get(part.department_code or "", _("事务中心")), badge(part)) for part in parts],
        may=_may(case),
        waits_for=names.get(case.department_code or "", ""),
        into=into,
        following=bool(into and public_queries.follows(actor, into)),
    )


def _told(
    case: Case,
    events: Sequence[CaseEvent],
    messages: Sequence[Message],
    answers: Sequence[Answer],
    names: Mapping[str, str],
) -> Told:
    ids = {message.author_id for message in messages if message.kind is not MessageKind.SENDER}
    ids |= {event.data.get("user") for event in events} | {case.assignee_id}
    return Told(
        case,
        events,
        messages,
        names,
        accounts.names_of(ids),
        media.photos_of("feedback_message", [message.id for message in messages]),
        media.photos_of("feedback_answer", [row.id for row in answers]) if answers else {},
        answers,
    )


def _reply(row: Answer, case: Case, names: Mapping[str, str], photos: Sequence[Any] = ()) -> Reply:
    department = "" if case.confidential else names.get(row.department_code, "")
    moment = row.decided_at or row.created_at
    return Reply(row.body, row.outcome.label, row.outcome_detail, department, when(case, moment), photos)


def _replies_elsewhere(into: Case | None, names: Mapping[str, str]) -> list[Reply]:
    """The one answer to all who said the same, names stripped."""
    return [_stripped(row, into, names) for row in queries.sent_answers(into.id)] if into else []


def _stripped(row: Answer, case: Case, names: Mapping[str, str]) -> Reply:
    return Reply(
        projection.stripped(row.body),
        row.outcome.label,
        projection.stripped(row.outcome_detail),
        names.get(row.department_code, ""),
        when(case, row.decided_at or row.created_at),
    )


def _asked(case: Case, messages: Sequence[Message]) -> str:
    """What the sender is asked for, while the clock waits for him."""
    if case.state is not CaseState.WAITING:
        return ""
    return next((row.body for row in reversed(messages) if row.kind is MessageKind.REQUEST), "")


def _contact(case: Case, told: Told) -> str:
    """Whom the sender may call."""
    if case.confidential or case.department_code is None or case.state not in HELD:
        return ""
    contact = queries.options(case.department_code).contact
    return f"{told.names.get(case.department_code, '')} {contact}".strip() if contact else ""


def _may(case: Case) -> frozenset[str]:
    able = {
        "add": policy.can_add(case),
        "rate": policy.can_rate(case),
        "reopen": policy.can_reopen(case),
        "withdraw": policy.can_withdraw(case),
    }
    return frozenset(step for step, allowed in able.items() if allowed)


# --- the promise ------------------------------------------------------------------------------------------------


def pledge(case: Case, clocks: Clocks) -> Pledge | None:
    """The promise that counts now; None for what was withdrawn or is dealt with elsewhere."""
    answer = clocks.get(Clock.ANSWER)
    if answer is None or case.state in (CaseState.MERGED, CaseState.WITHDRAWN):
        return None
    lines = [line.text for line in answer.lines]
    if answer.done_at is not None:
        return _kept(case, answer, lines)
    act = clocks.get(Clock.SAFETY_ACT)
    if act is not None and act.done_at is None:
        safety = [line.text for line in act.lines]
        return _running(act, _("最晚到场处置"), [*safety, *lines], answer)
    return _running(answer, _("最晚答复"), lines, answer)


def _kept(case: Case, answer: Running, lines: list[str]) -> Pledge:
    done = answer.done_at or now()
    on_time = (
        _("在答应的时间之内") if not answer.late else _("晚了，答应的是 %(due)s", due=fmt_when(answer.due_at))
    )
    tone = "late" if answer.late else "moss"
    return Pledge(_("已经答复"), when(case, done), None, on_time, "", lines, tone=tone)


def _running(clock: Running, title: str, lines: list[str], answer: Running) -> Pledge:
    left = clock.total_minutes - clock.used_minutes
    late = clock.late
    note = ""
    if clock.paused:
        note = _("在等你补充，计时暂停了；补充之后接着算。")
    elif late:
        note = _("过了答应的时间，已经报给部门负责人，会一直催到有答复。")
    elif clock is not answer:
        note = _("%(when)s 前答复", when=fmt_when(answer.due_at))
    return Pledge(
        title,
        fmt_when(clock.due_at),
        clock.percent,
        _("已用 %(time)s", time=rough(clock.used_minutes)),
        _("还剩 %(time)s", time=duration(left) if left < 60 else rough(left))
        if not late and left > 0
        else "",
        lines,
        note,
        "late" if late else "wait" if clock.paused else "",
    )


def next_step(case: Case, clocks: Clocks) -> tuple[str, str, str] | None:
    """What comes next on the line of time: title, by when, and what happens if it does not."""
    answer = clocks.get(Clock.ANSWER)
    if not case.is_open or answer is None:
        return None
    for clock, title, otherwise in (
        (Clock.SAFETY_ACK, _("有人回应"), _("不分上下班；到时没有回应，马上报给负责人。")),
        (Clock.SAFETY_ACT, _("到场处置"), _("不分上下班；到时没有处置，马上报给负责人。")),
        (Clock.SENDER, _("等你补充"), _("到时没有补充，自动恢复计时。")),
        (Clock.ACCEPT, _("有部门接手"), _("到时没有人接手，事务中心另行分办。")),
    ):
        running = clocks.get(clock)
        if (
            running is not None
            and running.done_at is None
            and not (clock is Clock.ACCEPT and case.accepted_at)
        ):
            return title, _("最晚 %(when)s", when=fmt_when(running.due_at)), otherwise
    until = _("最晚 %(when)s", when=fmt_when(answer.due_at))
    return _("答复你"), until, _("到时没有答复，自动提醒部门负责人。")


# --- who is responsible -----------------------------------------------------------------------------------------


def chain(case: Case, events: Sequence[CaseEvent], names: Mapping[str, str]) -> list[Holder]:
    """Every department that was responsible, the first-asked one first."""
    if case.confidential:
        return []
    steps = [(code, event.at) for event in events if (code := _takes_over(event))]
    steps = [step for n, step in enumerate(steps) if n == 0 or step[0] != steps[n - 1][0]]
    last = len(steps) - 1
    return [
        Holder(_label(n, last), names.get(code, code), _since(case, n, at), n == last)
        for n, (code, at) in enumerate(steps)
    ]


def _takes_over(event: CaseEvent) -> str:
    if event.type is EventType.ACCEPTED:
        return event.department_code or ""
    return event.to_department or "" if event.type in (EventType.HANDED_OVER, EventType.ADJUDICATED) else ""


def _label(n: int, last: int) -> str:
    if n == last:
        return _("首问，现在负责") if n == 0 else _("现在负责")
    return _("首问") if n == 0 else _("经过")


def _since(case: Case, n: int, at: datetime) -> str:
    moment = when(case, at)
    return _("%(when)s 接手", when=moment) if n == 0 else _("%(when)s 接受", when=moment)


# --- the public side --------------------------------------------------------------------------------------------


def public(actor: Actor, case: Case) -> Seen:
    """What everybody may see of a public case: words without names, state, holders, promise, the published answer."""
    names, events = department_names(), queries.events(case.id)
    following = public_queries.follows(actor, case)
    shown = queries.public_answer_of(case.id)
    published = shown if shown is not None and shown.published_at is not None else None
    told = following and published is None
    return Seen(
        case=case,
        own=False,
        title=projection.stripped(case.title),
        body=projection.stripped(case.body),
        place=projection.stripped(place(case)),
        badge=badge(case),
        pledge=pledge(case, timing.clocks_of(case, events)),
        chain=chain(case, events, names),
        contact="",
        story=[],
        ahead=None,
        asked="",
        # Who met the same hears the answer with the sender, before an editor has made it one for everybody.
        replies=[_stripped(row, case, names) for row in queries.sent_answers(case.id)] if told else [],
        photos=(),
        parts=[],
        may=frozenset({"follow"} if policy.can_follow(actor, case) else ()),
        waits_for=names.get(case.department_code or "", ""),
        following=following,
        public_answer=published,
    )
