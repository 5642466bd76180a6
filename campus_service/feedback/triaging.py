"""What the coordinator's pages say: the queue's lines, a message with its marked words, the likeliest departments and why."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from math import log
from typing import Any

from markupsafe import Markup, escape

from campus_service.accounts import queries as accounts
from campus_service.core.actor import Actor
from campus_service.core.clock import BEIJING, now, to_local
from campus_service.core.clock import today as this_day
from campus_service.core.i18n import LazyString, _, lazy
from campus_service.core.page import fmt_day, fmt_when, rel_time
from campus_service.feedback import policy, queries, service, triage_queries
from campus_service.feedback.models import Case, CaseReturn, Handover, PublicAnswer
from campus_service.feedback.notices import department_name
from campus_service.feedback.projection import flags_of, stripped
from campus_service.feedback.routing.route import Routing
from campus_service.feedback.service import routing
from campus_service.feedback.states import HELD, UNROUTED, EventType, Kind, Outcome
from campus_service.feedback.triage_queries import learnt
from campus_service.search.analyser import tokens

# Older cases shown beside a message, and how much of its rare words they must share.
SIMILAR = 3
ENOUGH = 6.0
# So long before it is due, a line of the queue says so.
SOON = timedelta(hours=1)
# Words shown for a candidate.
WORDS = 4


def departments() -> list[tuple[str, str]]:
    """Every department, for a list to choose from."""
    return [(row.code, department_name(row.code)) for row in accounts.departments()]


# --- the queue --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Waiting:
    """One line of the queue."""

    no: str
    title: str
    text: str
    tone: str


def waiting(case: Case) -> Waiting:
    """When it came, and what presses."""
    tone, pressing = _pressing(case)
    return Waiting(case.no, case.title, " · ".join(filter(None, (rel_time(case.created_at), pressing))), tone)


def _pressing(case: Case) -> tuple[str, str]:
    if case.urgent:
        return "late", _("紧急")
    if case.state not in UNROUTED:
        return "soon", _("转办没人接")
    if case.next_due_at is not None and now() >= case.next_due_at:
        return "late", _("超过 4 小时了")
    if case.next_due_at is not None and now() >= case.next_due_at - SOON:
        return "soon", _("快到 4 小时")
    if case.state is UNROUTED[1]:
        return "soon", _("退回")
    return "", ""


def today(actor: Actor) -> dict[str, int]:
    """How many cases of today went by themselves, how many need a person."""
    return triage_queries.routed_since(actor, datetime.combine(this_day(), time(0), BEIJING))


# --- one message ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Candidate:
    """A department that may be the one, with the reason."""

    code: str
    name: str
    percent: int
    why: str
    words: tuple[str, ...]
    mark: int
    returned: bool


@dataclass(frozen=True, slots=True)
class Line:
    """Something that happened on the way: who, and why in his words."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Similar:
    """An older case that shares its words."""

    no: str
    title: str
    department: str
    outcome: LazyString
    tone: str
    day: str


@dataclass(frozen=True, slots=True)
class Seen:
    """The message that is open."""

    case: Case
    sender: str
    text: Markup
    legend: list[str]
    story: list[Line]
    similar: list[Similar]
    candidates: list[Candidate]
    because: str
    words: str
    kinds: list[tuple[str, LazyString]]
    decide: bool
    may_route: bool
    may_decide: bool
    may_split: bool
    may_correct: bool
    held: bool
    learnt: bool

    @property
    def waits(self) -> bool:
        """Whether no department has it."""
        return self.case.state in UNROUTED

    @property
    def first(self) -> str:
        """The likeliest department that may still get it."""
        return next((each.code for each in self.candidates if not each.returned), "")

    @property
    def corrected(self) -> bool:
        """Whether its first route was wrong."""
        return bool(self.case.routed_to) and self.case.routed_to != self.case.department_code


def look(actor: Actor, case: Case) -> Seen:
    """Everything that the coordinator needs to decide on ``case``."""
    returns = queries.returns(case.id)
    verdict = routing.decide_for(case)
    found = candidates(verdict, frozenset(row.department_code for row in returns))
    marks = {word: each.mark for each in reversed(found) for word in each.words}
    return Seen(
        case=case,
        sender=_sender(case),
        text=marked(case.body, marks),
        legend=[each.name for each in found if each.words],
        story=_story(case, returns),
        similar=similar(case),
        candidates=found,
        because=_because(verdict, case),
        words="，".join(found[0].words) if found else "",
        kinds=[(kind.value, kind.label) for kind in Kind if kind is not Kind.REPORT],
        decide=policy.can_adjudicate(actor, case) and _must_decide(case),
        may_route=policy.can_route(actor, case),
        may_decide=policy.can_adjudicate(actor, case),
        may_split=policy.can_join(actor, case) and case.state in (*UNROUTED, *HELD) and not case.confidential,
        may_correct=policy.can_correct(actor, case),
        held=case.state in HELD,
        learnt=bool(learnt([case.id])),
    )


def _must_decide(case: Case) -> bool:
    return (case.state in UNROUTED and service.needs_decision(case)) or _lapsed(case)


def _lapsed(case: Case) -> bool:
    if case.state not in HELD or case.offered_to is not None:
        return False
    return any(found.id == case.id for found, _handover in triage_queries.lapsed_handovers(Actor.system()))


def _sender(case: Case) -> str:
    if case.anonymous:
        return _("匿名")
    if case.sender_id is None:
        return " · ".join(filter(None, (str(case.channel.label), case.caller_name)))
    return _("实名")


def _story(case: Case, returns: Sequence[CaseReturn]) -> list[Line]:
    """Who returned it and why, and where nobody took it."""
    lines = [_returned(row) for row in returns]
    for event in queries.events(case.id):
        if event.type is EventType.UNCLAIMED:
            what = _(
                "%(department)s没有在 4 个工作小时内接手，%(when)s",
                department=department_name(event.department_code),
                when=fmt_when(event.at),
            )
            lines.append(Line(what, ""))
        elif event.type is EventType.LAPSED:
            lines.append(
                Line(
                    _(
                        "转给%(department)s，没人接手，%(when)s",
                        department=department_name(event.to_department),
                        when=fmt_when(event.at),
                    ),
                    event.note,
                )
            )
    if len(returns) >= 2:
        lines.append(Line(_("退了两次，要裁定。"), ""))
    return lines


def _returned(row: CaseReturn) -> Line:
    what = _(
        "%(department)s退回，%(when)s", department=department_name(row.department_code), when=fmt_when(row.at)
    )
    if row.suggested:
        what = _("%(what)s，认为归%(department)s", what=what, department=department_name(row.suggested))
    return Line(what, row.reason)


def marked(text: str, marks: dict[str, int]) -> Markup:
    """``text`` escaped, with each word of ``marks`` in its department's colour; the longest words first."""
    words = sorted(filter(None, marks), key=len, reverse=True)
    if not words:
        return escape(text)
    parts, last = [], 0
    for found in re.finditer("|".join(map(re.escape, words)), text, re.IGNORECASE):
        number = marks.get(found.group()) or marks.get(found.group().lower(), 1)
        parts += [
            escape(text[last : found.start()]),
            Markup('<mark class="m%s">%s</mark>') % (number, found.group()),
        ]
        last = found.end()
    return Markup("").join([*parts, escape(text[last:])])


def similar(case: Case) -> list[Similar]:
    """Older cases that share the most telling words, the nearest first, with what became of them."""
    rows = triage_queries.answered_lately(case.id)
    texts = {row.id: frozenset(tokens(f"{row.title} {row.body}")) for row in rows}
    wanted = {word for word in tokens(f"{case.title} {case.body}") if len(word) > 1}
    weights = {row.id: 0.5 * (row.area == case.area != "other") for row in rows}
    for word in wanted:
        having = [id for id, words in texts.items() if word in words]
        for id in having:
            weights[id] += log((len(rows) + 1) / len(having))
    best = sorted((-weight, -id) for id, weight in weights.items() if weight >= ENOUGH)[:SIMILAR]
    cases = {row.id: row for row in triage_queries.ended_like([-id for _weight, id in best])}
    return [_similar(cases[-id]) for _weight, id in best if -id in cases]


def _similar(case: Case) -> Similar:
    outcome = case.outcome.label if case.outcome else case.state.label
    tone = "moss" if case.outcome in (Outcome.SOLVED, Outcome.ANSWERED) else ""
    day = fmt_day(to_local(case.answered_at).date(), weekday=False) if case.answered_at else ""
    return Similar(case.no, case.title, department_name(case.department_code), outcome, tone, day)


# --- decisions --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ToDecide:
    """A case that waits for a binding decision, and why."""

    case: Case
    why: str
    returns: list[Line]


def to_decide(actor: Actor) -> list[ToDecide]:
    """Returned twice, and hand-overs that nobody accepted. Needs feedback:case:triage."""
    twice = triage_queries.returned_twice(actor)
    returns = triage_queries.returns_of([case.id for case in twice])
    rows = [
        ToDecide(case, _("退了两次"), [_returned(row) for row in returns.get(case.id, [])]) for case in twice
    ]
    return rows + [_lapsed_line(case, row) for case, row in triage_queries.lapsed_handovers(actor)]


def _lapsed_line(case: Case, row: Handover) -> ToDecide:
    what = _(
        "%(a)s转给%(b)s，没人接手",
        a=department_name(row.from_department),
        b=department_name(row.to_department),
    )
    return ToDecide(case, _("转办没人接"), [Line(what, row.reason)])


# --- the public side --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Flagged:
    """A case whose public text waits for a look: what is doubtful marked, beside it what would be public."""

    case: Case
    text: Markup
    shown: str
    reasons: list[str]


FLAG_LABELS = {
    "mail": lazy("邮箱"),
    "id": lazy("证件号"),
    "phone": lazy("电话"),
    "number": lazy("号码"),
    "account": lazy("账号"),
    "room": lazy("房间"),
    "name": lazy("姓名"),
    "person": lazy("某位工作人员"),
    "swear": lazy("粗话"),
}


def flagged(case: Case) -> Flagged:
    """The text with what a check found."""
    text = f"{case.title}\n{case.body}"
    return Flagged(case, marked(text, _flag_marks(case.flags)), stripped(text), flag_reasons(case.flags))


def flag_reasons(flags: Iterable[dict[str, str]]) -> list[str]:
    """What was found, in words, each once."""
    return list(dict.fromkeys(str(FLAG_LABELS.get(flag["what"], flag["what"])) for flag in flags))


def _flag_marks(flags: Iterable[dict[str, str]]) -> dict[str, int]:
    return {flag["text"]: 1 for flag in flags}


@dataclass(frozen=True, slots=True)
class Original:
    """What was really said, beside the suggestion."""

    no: str
    title: str
    question: Markup
    answer: Markup
    reasons: list[str]


def original(row: PublicAnswer) -> Original | None:
    """The case and the answer that ``row`` was made of, what is doubtful marked; None when it was written by hand."""
    case = triage_queries.case_by_id(row.case_id)
    if case is None:
        return None
    answers = queries.sent_answers(case.id)
    answer = answers[-1].body if answers else ""
    flags = flags_of(f"{case.title}\n{case.body}\n{answer}")
    marks = _flag_marks(flags)
    return Original(case.no, case.title, marked(case.body, marks), marked(answer, marks), flag_reasons(flags))


# --- why --------------------------------------------------------------------------------------------------------


def candidates(verdict: Routing, returned: frozenset[str] = frozenset()) -> list[Candidate]:
    """The three likeliest departments of a message, with the words that speak for each."""
    return [
        _candidate(number, each, verdict, returned)
        for number, each in enumerate(verdict.as_json().get("top3", ()), start=1)
    ]


def _candidate(number: int, each: dict[str, Any], verdict: Routing, returned: frozenset[str]) -> Candidate:
    code, words = str(each["department"]), tuple(each.get("words", ()))[:WORDS]
    return Candidate(
        code=code,
        name=department_name(code),
        percent=round(100 * float(each["confidence"])),
        why=_why(code, words, verdict, code in returned),
        words=words,
        mark=number,
        returned=code in returned,
    )


def _why(code: str, words: Sequence[str], verdict: Routing, returned: bool) -> str:
    if returned:
        return _("退回过一次，再交给它要裁定")
    rule = verdict.as_json().get("rule")
    if verdict.department == code and rule:
        return _("规则“%(name)s”", name=rule)
    if words:
        return _("没有规则对上，看字词")
    return _("只有零散相近的字词")


def outcome(verdict: Routing) -> str:
    """Where a message would go by itself, and by what."""
    if verdict.department is None:
        return _("会留给人看：最像的一个也不够有把握。")
    urgent = _("按紧急，") if verdict.urgent else ""
    name = department_name(verdict.department)
    if rule := verdict.as_json().get("rule"):
        return _(
            "%(urgent)s会按规则“%(rule)s”交给%(department)s。", urgent=urgent, rule=rule, department=name
        )
    return _("%(urgent)s会%(how)s交给%(department)s。", urgent=urgent, how=verdict.how.label, department=name)


def _because(verdict: Routing, case: Case) -> str:
    """Why a person has to look, or how it came to where it is."""
    if case.state in UNROUTED:
        return _("最高的一项不到 97%，所以留给人看。") if verdict.department is None else outcome(verdict)
    how = case.route_how.label if case.route_how else ""
    return _("%(how)s，现在是“%(state)s”。", how=how, state=case.state.label)
