"""What the coordinator's pages say: the queue's lines, a message with its marked words, the likeliest departments and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from markupsafe import Markup

from campus_service.accounts import queries as accounts
from campus_service.core.actor import Actor
from campus_service.core.clock import BEIJING, now
from campus_service.core.clock import today as this_day
from campus_service.core.i18n import LazyString, _
from campus_service.core.page import fmt_when, rel_time
from campus_service.feedback import brain, policy, queries, service, triage_queries
from campus_service.feedback.likeliest import Candidate, Similar, candidates, marked, older, outcome, similar
from campus_service.feedback.models import Case, CaseReturn, Handover
from campus_service.feedback.notices import department_name
from campus_service.feedback.routing.route import Routing
from campus_service.feedback.service import routing
from campus_service.feedback.states import HELD, UNROUTED, EventType, Kind

# So long before it is due, a line of the queue says so.
SOON = timedelta(hours=1)


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
class Line:
    """Something that happened on the way: who, and why in his words."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Seen:
    """The message that is open."""

    case: Case
    sender: str
    title: Markup
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
        return next((each.code for each in self.candidates if not each.barred), "")

    @property
    def corrected(self) -> bool:
        """Whether its first route was wrong."""
        return bool(self.case.routed_to) and self.case.routed_to != self.case.department_code


def look(actor: Actor, case: Case) -> Seen:
    """Everything that the coordinator needs to decide on ``case``."""
    returns = queries.returns(case.id)
    decide = policy.can_adjudicate(actor, case) and _must_decide(case)
    verdict, known = routing.decide_for(case), older(case)
    found = candidates(verdict, {} if decide else _barred(case, returns), known)
    marks = {word: each.mark for each in reversed(found) for word in each.words}
    return Seen(
        case=case,
        sender=_sender(case),
        title=marked(case.title, marks),
        text=marked(case.body, marks),
        legend=[each.name for each in found if each.words],
        story=_story(case, returns),
        similar=similar(case, known),
        candidates=found,
        because=_because(verdict, case),
        words="，".join(found[0].words) if found else "",
        kinds=[(kind.value, kind.label) for kind in Kind if kind is not Kind.REPORT],
        decide=decide,
        may_route=policy.can_route(actor, case),
        may_decide=policy.can_adjudicate(actor, case),
        may_split=policy.can_join(actor, case) and case.state in (*UNROUTED, *HELD) and not case.confidential,
        may_correct=policy.can_correct(actor, case),
        held=case.state in HELD,
        learnt=triage_queries.is_learnt(case.id),
    )


def _barred(case: Case, returns: Sequence[CaseReturn]) -> dict[str, str]:
    """Departments that the message cannot be given to now, and why."""
    barred = {row.department_code: _("退回过一次，再交给它要裁定") for row in returns}
    return barred | ({case.department_code: _("现在就在这里")} if case.department_code else {})


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


def _because(verdict: Routing, case: Case) -> str:
    """Why a person has to look, or how it came to where it is."""
    if case.state in UNROUTED:
        if verdict.department is not None:
            return outcome(verdict)
        least = round(100 * brain.model().threshold)
        return _("最高的一项不到 %(n)s%%，所以留给人看。", n=least)
    how = case.route_how.label if case.route_how else ""
    return _("%(how)s，现在是“%(state)s”。", how=how, state=case.state.label)
