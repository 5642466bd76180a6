"""What a message would lead to if it were sent now: who is likely responsible, by when it is accepted and answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from campus_service.core.calendar import calendar
from campus_service.core.clock import now
from campus_service.core.places import area_of
from campus_service.feedback import brain, clocks
from campus_service.feedback.clock_lines import Line
from campus_service.feedback.clocks import Fact, Running
from campus_service.feedback.routing.route import Routing, decide, suggest_kind
from campus_service.feedback.states import Clock, EventType, Kind


@dataclass(frozen=True, slots=True)
class Due:
    """One promise: by when, and the rule that says so."""

    at: datetime
    rule: str


@dataclass(frozen=True, slots=True)
class Ahead:
    """What comes after sending; ``department`` is a code, "" while nothing speaks for one."""

    kind: Kind
    department: str
    sure: bool
    urgent: bool
    accept: Due
    answer: Due
    act: Due | None


def kind_of(text: str, chosen: str = "") -> Kind:
    """What the sender wants: his own choice, else what his words say."""
    return Kind(chosen) if chosen in list(Kind) else suggest_kind(text)


def ahead(text: str, place: str, kind: Kind, department: str = "") -> Ahead:
    """What would happen to ``text``; ``department``: where a guide's page sends it, unless it is urgent."""
    routing = _route(text, place, kind) if text.strip() else None
    urgent = routing is not None and routing.urgent
    running = clocks.compute(
        [Fact(now(), EventType.RECEIVED)],
        kind=kind,
        urgent=urgent,
        extra_departments=0,
        calendar=calendar(),
        now=now(),
    )
    first, act = (Clock.SAFETY_ACK if urgent else Clock.ACCEPT), running.get(Clock.SAFETY_ACT)
    accept, answer = running.get(first), running.get(Clock.ANSWER)
    assert accept is not None and answer is not None  # noqa: S101, PT018  # what was received has both
    likely = routing.top3[0].department if routing and routing.top3 else ""
    return Ahead(
        kind=kind,
        department=likely if urgent else department or likely,
        sure=bool(department) or (routing is not None and routing.department is not None),
        urgent=urgent,
        accept=_due(accept),
        answer=_due(answer),
        act=_due(act) if act else None,
    )


def _route(text: str, place: str, kind: Kind) -> Routing:
    area = area_of(f"{place} {text}")
    return decide(title="", body=text, area=area, kind=kind, rules=brain.rules(), model=brain.model())


_RULES = frozenset({"accept_hours", "days", "safety_ack", "safety_act"})


def _due(running: Running) -> Due:
    return Due(running.due_at, rule_of(running.lines))


def rule_of(lines: tuple[Line, ...]) -> str:
    """The one line of an explanation that names the rule, in the reader's language."""
    return next((line.text for line in lines if line.code in _RULES), "")
