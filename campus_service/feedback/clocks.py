"""Every clock of a case, computed from its log on the working calendar; knows no database (domain.md §2, Clocks)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from campus_service.core.clock import to_local
from campus_service.core.worktime import WorkCalendar
from campus_service.feedback.clock_lines import Line, at, line_text, unusual_days
from campus_service.feedback.states import Clock, Kind
from campus_service.feedback.states import EventType as E

__all__ = ["RULES", "ClockRules", "Clocks", "Fact", "Line", "Running", "compute", "line_text", "steps"]

_SAFETY = frozenset({Clock.SAFETY_ACK, Clock.SAFETY_ACT})
_ENDS = frozenset({E.ANSWERED, E.CLOSED, E.MERGED, E.WITHDRAWN})
_HOLDS = frozenset({E.ACCEPTED, E.ADJUDICATED})
_RESUMES = frozenset({E.SUPPLIED, E.MESSAGE, E.RESUMED}) | _ENDS
# What tells the sender how far it is.
_VISIBLE = frozenset({E.PROGRESS, E.ACTED, E.ASKED, E.EXTENDED, E.HANDED_OVER, E.REOPENED}) | _HOLDS
_ANSWER_DAYS = {
    Kind.CONSULTATION: 1,
    Kind.REQUEST: 3,
    Kind.COMPLAINT: 5,
    Kind.SUGGESTION: 5,
    Kind.PRAISE: 5,
    Kind.REPORT: 5,
}


@dataclass(frozen=True)
class ClockRules:
    """The lengths of all clocks; days are working days, minutes of ``accept`` working minutes."""

    safety_ack_minutes: int = 15
    safety_act_minutes: int = 120
    accept_minutes: int = 240
    return_days: int = 1
    answer_days: Mapping[Kind, int] = field(default_factory=lambda: dict(_ANSWER_DAYS))
    investigation_days: int = 10  # the extension of a report (举报): 5 days, then 10
    department_days: int = 2  # for each extra department
    progress_days: int = 3
    pause_days: int = 5

    def longest_extension(self, kind: Kind) -> int:
        """The one extension is at most as long as the original; an investigation has its own second part."""
        return self.investigation_days if kind is Kind.REPORT else self.answer_days[kind]


RULES = ClockRules()


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of a case's log, as far as clocks care."""

    at: datetime
    type: E
    department: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pause:
    """From when to when the sender owed an answer; ``end`` is now while he still does."""

    start: datetime
    end: datetime
    cap: datetime  # by when it ends by itself
    open: bool
    ended_at: datetime | None  # when the log says that it ended


@dataclass(frozen=True, slots=True)
class Running:
    """One clock: since when, until when, how much is used, and why; minutes are working minutes, of safety all.

    A paused clock's ``due_at`` is as if it went on this moment: it moves on with the pause.
    """

    clock: Clock
    started_at: datetime
    due_at: datetime
    paused: bool
    used_minutes: int
    total_minutes: int
    lines: tuple[Line, ...]
    provisional: bool
    done_at: datetime | None
    late: bool
    pauses: tuple[Pause, ...] = ()

    @property
    def percent(self) -> int:
        """How much of the time is used, 100 at most."""
        return min(100, 100 * self.used_minutes // max(1, self.total_minutes))


@dataclass(frozen=True, slots=True)
class Clocks:
    """All clocks that apply to a case at ``computed_at``."""

    running: tuple[Running, ...]
    return_until: datetime | None  # by when the department may say "not ours"; None: no longer, or not yet
    computed_at: datetime
    calendar: WorkCalendar = field(repr=False, compare=False)

    def get(self, clock: Clock) -> Running | None:
        """The clock of this name, if it applies."""
        return next((each for each in self.running if each.clock is clock), None)

    @property
    def open(self) -> tuple[Running, ...]:
        """What is neither done nor paused."""
        return tuple(each for each in self.running if each.done_at is None and not each.paused)

    @property
    def next(self) -> Running | None:
        """What is due first; overdue clocks too."""
        return min(self.open, key=lambda each: each.due_at, default=None)

    def percent(self, now: datetime, clock: Clock = Clock.ANSWER) -> int:
        """How much of a clock's time is used at ``now``, 0 to 100; 0 for a clock that does not apply."""
        each = self.get(clock)
        if each is None or each not in self.open:
            return each.percent if each else 0
        more = _passed(self.calendar, clock, self.computed_at, now) // timedelta(minutes=1)
        return min(100, 100 * (each.used_minutes + more) // max(1, each.total_minutes))


def compute(
    facts: Iterable[Fact],
    *,
    kind: Kind,
    urgent: bool,
    extra_departments: int,
    calendar: WorkCalendar,
    now: datetime,
    promised: datetime | None = None,
    rules: ClockRules = RULES,
) -> Clocks:
    """Every clock of the case whose log is ``facts``, in the order in which they were written.

    ``extra_departments``: how many more than one answer parts of it. ``promised``: the answer's deadline as the
    sender last saw it; whatever changes, the new one is not earlier.
    """
    case = _Case(_in_order(facts), kind, extra_departments, calendar, now.astimezone(UTC), rules, promised)
    if not case.log:
        return Clocks((), None, case.now, calendar)
    found = (*(_safety(case) if urgent else ()), _accept(case), _answer(case), _progress(case), _sender(case))
    return Clocks(tuple(filter(None, found)), _return_until(case), case.now, calendar)


def steps(running: Running, calendar: WorkCalendar) -> list[tuple[str, datetime]]:
    """When to remind (50, 80, 100 % of the time) and to whom to escalate, in the order of time.

    The head hears at once, the supervisor a working day after the deadline, 督办 after three, the public list
    after five: at closing time, the day of the deadline does not count. Safety does not wait for a working day.
    """
    span, clock, due = timedelta(minutes=running.total_minutes), running.clock, running.due_at
    reminders = [
        (
            str(percent),
            min(due, _later(calendar, clock, running.started_at, span * percent / 100, running.pauses)),
        )
        for percent in (50, 80)
    ] + [("100", due)]
    if clock in _SAFETY:
        return [*reminders, ("head", due), ("supervisor", due + timedelta(days=1))]
    levels = {Clock.ACCEPT: {"supervisor": 1}, Clock.ANSWER: {"supervisor": 1, "oversight": 3, "public": 5}}
    if clock not in levels:
        return reminders
    after = [(name, calendar.closing_of_nth_day(due, days)) for name, days in levels[clock].items()]
    return [*reminders, ("head", due), *after]


# --- the log -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Case:
    log: Sequence[Fact]
    kind: Kind
    extra_departments: int
    calendar: WorkCalendar
    now: datetime
    rules: ClockRules
    promised: datetime | None

    @property
    def round(self) -> Sequence[Fact]:
        """The log since the case was last reopened, else all of it."""
        return self.log[_last(self.log, {E.REOPENED}) or 0 :]

    @property
    def pauses(self) -> list[Pause]:
        """Each time the sender owed an answer in this round."""
        found: list[Pause] = []
        asked: datetime | None = None
        for fact in self.round:
            if fact.type is E.ASKED and asked is None:
                asked = fact.at
            elif fact.type in _RESUMES and asked is not None:
                found.append(self._pause(asked, fact.at))
                asked = None
        return [*found, self._pause(asked, None)] if asked is not None else found

    def _pause(self, asked: datetime, ended: datetime | None) -> Pause:
        cap = self.calendar.closing_of_nth_day(asked, self.rules.pause_days)
        return Pause(asked, min(ended or self.now, cap), cap, ended is None and self.now < cap, ended)


def _in_order(facts: Iterable[Fact]) -> list[Fact]:
    """The log with moments that never go back: an anonymous sender's are kept to the hour."""
    ordered: list[Fact] = []
    for fact in facts:
        moment = fact.at.astimezone(UTC)
        if ordered:
            moment = max(moment, ordered[-1].at)
        ordered.append(Fact(moment, fact.type, fact.department, fact.data))
    return ordered


def _first(facts: Iterable[Fact], types: Iterable[E]) -> datetime | None:
    return next((fact.at for fact in facts if fact.type in types), None)


def _last(facts: Sequence[Fact], types: Iterable[E]) -> int | None:
    return next((n for n in reversed(range(len(facts))) if facts[n].type in types), None)


# --- the clocks ----------------------------------------------------------------------------------------------------


def _safety(case: _Case) -> Iterator[Running]:
    """24×7, from receipt or from the moment somebody saw that it is urgent."""
    marks = [
        n
        for n, fact in enumerate(case.log)
        if fact.type is E.CHANGED and fact.data.get("field") == "urgent" and fact.data.get("after")
    ]
    since = marks[-1] if marks else 0
    start, after = case.log[since].at, case.log[since:]
    first = at("urgent" if marks else "received", start)
    ack, act = case.rules.safety_ack_minutes, case.rules.safety_act_minutes
    acknowledged = _first(after, {E.ACCEPTED, E.ACTED, E.PROGRESS} | _ENDS)
    lines = (first, Line("safety_ack", {"n": ack}))
    yield _running(case, Clock.SAFETY_ACK, start, start + timedelta(minutes=ack), acknowledged, lines)
    lines = (first, Line("safety_act", {"n": round(act / 60, 1) if act % 60 else act // 60}))
    acted = _first(after, {E.ACTED} | _ENDS)
    yield _running(case, Clock.SAFETY_ACT, start, start + timedelta(minutes=act), acted, lines)


def _accept(case: _Case) -> Running:
    """Four working hours: from receipt (triage counts), anew after a return and for each hand-over."""
    start, code, done = case.log[0].at, "received", None
    for fact in case.log:
        waits = fact.type is E.ROUTED and (done is not None or code in ("returned", "unclaimed"))
        if waits or fact.type in (E.RETURNED, E.UNCLAIMED, E.OFFERED):
            start, code, done = fact.at, fact.type.value, None
        elif done is None and (fact.type in _ENDS | _HOLDS or _hand_over_ended(code, fact)):
            done = fact.at
    minutes = case.rules.accept_minutes
    lines: tuple[Line, ...] = (at(code, start), Line("accept_hours", {"minutes": minutes}))
    counted = case.calendar.add_minutes(start, 1) - timedelta(minutes=1)
    if counted > start:
        lines += (at("counted_from", counted),)
    return _running(case, Clock.ACCEPT, start, case.calendar.add_minutes(start, minutes), done, lines)


def _hand_over_ended(code: str, fact: Fact) -> bool:
    return code == "offered" and fact.type in (E.HANDED_OVER, E.REFUSED, E.LAPSED)


def _return_until(case: _Case) -> datetime | None:
    """A return is possible until the end of the next working day after routing."""
    routed = _last(case.log, {E.ROUTED})
    if routed is None or _first(case.log[routed:], {E.RETURNED, E.UNCLAIMED} | _HOLDS | _ENDS):
        return None
    return case.calendar.closing_of_nth_day(case.log[routed].at, case.rules.return_days)


def _answer(case: _Case) -> Running:
    """The kind's working days from receipt, or from reopening; who holds the case makes no difference."""
    start = case.round[0].at
    extra = case.extra_departments * case.rules.department_days
    days = case.rules.answer_days[case.kind] + extra
    due, counted = _moved(case, start, days)
    lines = [
        at("reopened" if case.round[0].type is E.REOPENED else "received", start),
        Line("days", {"kind": case.kind.value, "days": case.rules.answer_days[case.kind]}),
    ]
    if extra:
        lines.append(Line("departments", {"n": case.extra_departments, "days": extra}))
    extension = _extension(case)
    # What is late already is not made timely by more time.
    if extension is not None and extension.at <= due:
        more = min(int(extension.data.get("days", 0)), case.rules.longest_extension(case.kind))
        due, counted = _moved(case, start, days + more)
        lines.append(at("extended", extension.at, days=more))
    return _promised(case, start, due, counted, lines)


def _promised(
    case: _Case, start: datetime, due: datetime, counted: tuple[Pause, ...], lines: list[Line]
) -> Running:
    """The answer's clock; a deadline that was promised once is never taken back."""
    lines += _pause_lines(case, counted)
    lines += [at("handed_over", fact.at) for fact in case.round if fact.type is E.HANDED_OVER]
    if case.promised is not None and case.promised > due:
        due = case.promised.astimezone(UTC)
        lines.append(at("promised", due))
    return _running(case, Clock.ANSWER, start, due, _first(case.round, _ENDS), tuple(lines), counted)


def _extension(case: _Case) -> Fact | None:
    """The one extension of the case, if it was made in this round."""
    first = next((fact for fact in case.log if fact.type is E.EXTENDED), None)
    return first if first is not None and first.at >= case.round[0].at else None


def _moved(case: _Case, start: datetime, days: int) -> tuple[datetime, tuple[Pause, ...]]:
    """The end of ``days`` working days after ``start``, later by the pauses that began before it."""
    due, counted = case.calendar.closing_of_nth_day(start, days), []
    for pause in case.pauses:
        if pause.start < due:
            due = case.calendar.add(due, case.calendar.between(pause.start, pause.end))
            counted.append(pause)
    return due, tuple(counted)


def _pause_lines(case: _Case, pauses: Iterable[Pause]) -> Iterator[Line]:
    for pause in pauses:
        if pause.open:
            yield at("pausing", pause.start, until=pause.cap.isoformat())
        else:
            yield Line("paused", {"minutes": case.calendar.minutes_between(pause.start, pause.end)})


def _progress(case: _Case) -> Running | None:
    """A word to the sender every three working days, while a department holds the case and waits for nobody."""
    if _last(case.log, _HOLDS) is None or _first(case.round, _ENDS) or any(p.open for p in case.pauses):
        return None
    heard = _last(case.log, _VISIBLE)
    since = max([case.log[heard or 0].at, *(pause.end for pause in case.pauses)])
    days = case.rules.progress_days
    lines = (at("since", since), Line("progress_days", {"days": days}))
    return _running(case, Clock.PROGRESS, since, case.calendar.closing_of_nth_day(since, days), None, lines)


def _sender(case: _Case) -> Running | None:
    """What the sender owes: due when the pause ends by itself; it stays open until the log says so."""
    if not case.pauses:
        return None
    last = case.pauses[-1]
    lines = (at("asked", last.start), Line("sender_days", {"days": case.rules.pause_days}))
    return _running(case, Clock.SENDER, last.start, last.cap, last.ended_at, lines)


def _running(
    case: _Case,
    clock: Clock,
    start: datetime,
    due: datetime,
    done: datetime | None,
    lines: tuple[Line, ...],
    pauses: tuple[Pause, ...] = (),
) -> Running:
    calendar, until = case.calendar, done or case.now
    provisional = clock not in _SAFETY and calendar.is_provisional(due)
    if clock not in _SAFETY:
        lines += tuple(unusual_days(calendar, start, due))
    if provisional:
        lines += (Line("provisional", {"year": to_local(due).year}),)
    paused = sum((_passed(calendar, clock, p.start, min(p.end, until)) for p in pauses), timedelta())
    used = _passed(calendar, clock, start, until) - paused
    total = _passed(calendar, clock, start, due) - sum(
        (_passed(calendar, clock, p.start, p.end) for p in pauses), timedelta()
    )
    return Running(
        clock=clock,
        started_at=start,
        due_at=due,
        paused=done is None and any(pause.open for pause in pauses),
        used_minutes=used // timedelta(minutes=1),
        total_minutes=total // timedelta(minutes=1),
        lines=(*lines, at("due", due)),
        provisional=provisional,
        done_at=done,
        late=until > due,
        pauses=pauses,
    )


def _passed(calendar: WorkCalendar, clock: Clock, start: datetime, end: datetime) -> timedelta:
    """The time that this clock counts from ``start`` to ``end``."""
    if clock in _SAFETY:
        return max(timedelta(), end - start)
    return calendar.between(start, end)


def _later(
    calendar: WorkCalendar, clock: Clock, start: datetime, span: timedelta, pauses: Sequence[Pause]
) -> datetime:
    """When the clock has counted ``span`` since ``start``; it stands still during ``pauses``."""
    if clock in _SAFETY:
        return start + span
    moment = calendar.add(start, span)
    for pause in pauses:
        if pause.start < moment:
            moment = calendar.add(moment, calendar.between(pause.start, pause.end))
    return moment
