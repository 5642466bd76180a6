"""`python -m bench.month`: a month of cases in fast time, every reminder and escalation checked against a slow oracle.

October 2026 with its week of holidays and its make-up Saturdays: people send, accept, hand over, ask, answer or
forget at random; the worker's jobs run at the very moment they are due. Afterwards each line that the clocks left
is compared with working minutes counted one by one, and each line that should be there is looked for.
"""

from __future__ import annotations

import argparse
import heapq
import json
import random
import tempfile
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate, count
from pathlib import Path
from typing import Any

from bench.site import Site

MINUTE = timedelta(minutes=1)
START = datetime(2026, 9, 28, 0, 0, tzinfo=UTC)
DAYS = 33
# The oracle looks further than the month: deadlines and their escalation lie behind its end.
HORIZON = DAYS + 60
# A job that is due is done in the same minute.
TOLERANCE = timedelta(seconds=61)


class Oracle:
    """Working time counted minute by minute from the days of the calendar's table; shares no code with it."""

    def __init__(self, off: set[date], on: set[date]) -> None:
        self.off, self.on = off, on
        marks = [self._works(START + MINUTE * n) for n in range(HORIZON * 1440)]
        self.passed = [0, *accumulate(marks)]

    def _works(self, moment: datetime) -> int:
        local = moment + timedelta(hours=8)
        clock = local.hour * 60 + local.minute
        hours = 480 <= clock < 720 or 840 <= clock < 1050
        return int(hours and self._working_day(local.date()))

    def _working_day(self, day: date) -> bool:
        return day in self.on or (day.weekday() < 5 and day not in self.off)

    def _index(self, moment: datetime) -> int:
        return max(0, min(len(self.passed) - 1, int((moment - START) / MINUTE)))

    def between(self, start: datetime, end: datetime) -> int:
        """Whole working minutes from ``start`` to ``end``."""
        return self.passed[self._index(end)] - self.passed[self._index(start)]

    def after(self, start: datetime, minutes: float) -> datetime:
        """When so many working minutes have passed since ``start``."""
        return START + MINUTE * bisect_left(self.passed, self.passed[self._index(start)] + minutes)

    def closing(self, start: datetime, days: int) -> datetime:
        """17:30 of the so-manieth working day after the day of ``start``."""
        day = (start + timedelta(hours=8)).date()
        while days:
            day += timedelta(days=1)
            days -= self._working_day(day)
        return datetime(day.year, day.month, day.day, 9, 30, tzinfo=UTC)


@dataclass
class World:
    """The month: what is to come, and who is there."""

    dice: random.Random
    people: dict[str, Any]
    queue: list[tuple[datetime, int, Callable[[], object]]] = field(default_factory=list)
    order: Iterator[int] = field(default_factory=count)
    done: Counter[str] = field(default_factory=Counter)

    def later(self, moment: datetime, act: Callable[[], object]) -> None:
        """Have ``act`` done at ``moment``."""
        heapq.heappush(self.queue, (moment, next(self.order), act))

    def within(self, moment: datetime, hours: float, act: Callable[[datetime], object]) -> None:
        """Have it done some time in the next ``hours`` (all hours, people work when they like)."""
        when = moment + timedelta(hours=self.dice.uniform(0.2, hours))
        self.later(when, lambda: act(when))


def main() -> None:
    """Simulate, check, print."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--cases", type=int, default=5000)
    options.add_argument("--seed", type=int, default=7)
    options.add_argument("--json", action="store_true")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="campus-month-") as folder:
        site = Site(Path(folder), 8741)
        site.command("db", "upgrade")
        from bench.pages import application

        app = application(site)
        with app.app_context():
            figures = simulate(chosen.cases, chosen.seed)
    print(json.dumps(figures, ensure_ascii=False) if chosen.json else render(figures))


def simulate(cases: int, seed: int = 7) -> dict[str, Any]:
    """Live through the month in the running application's empty database; returns the figures, faults among them."""
    began = time.perf_counter()
    world = World(random.Random(seed), _cast())
    for n in range(cases):
        moment = START + timedelta(days=world.dice.uniform(0, DAYS - 5))
        world.later(moment, lambda n=n, moment=moment: _send(world, n, moment))  # type: ignore[misc]
    wakes = _live(world)
    checked, faults = check()
    return {
        "cases": cases,
        "seconds": round(time.perf_counter() - began, 1),
        "actions": dict(world.done),
        "wake_ups": wakes,
        "checked": dict(checked),
        "faults": faults,
    }


def render(figures: dict[str, Any]) -> str:
    """The figures for people."""
    lines = [
        f"{figures['cases']:,} cases in {figures['seconds']} s; jobs run: {figures['wake_ups']:,}",
        "did: " + ", ".join(f"{name} {n:,}" for name, n in sorted(figures["actions"].items())),
        "checked: " + ", ".join(f"{name} {n:,}" for name, n in sorted(figures["checked"].items())),
        f"faults: {len(figures['faults'])}",
    ]
    return "\n".join([*lines, *figures["faults"][:20]])


# --- the month ---------------------------------------------------------------------------------------------------


def _cast() -> dict[str, Any]:
    from campus_service.accounts.models import DEPARTMENTS
    from campus_service.accounts.service import new_person
    from campus_service.core.actor import Actor
    from campus_service.core.db import transaction
    from campus_service.core.permissions import Role
    from campus_service.feedback.service import sending

    sending.PER_DAY = 10**9
    made: dict[str, Any] = {}

    def person(key: str, role: Role, department: str | None) -> None:
        user = new_person(key, key, f"{key}@month.example", password_hash="-", roles=[(role, department)])
        departments = frozenset({department} if department else ())
        made[key] = Actor.with_roles(user.id, key, frozenset({role}), departments)

    with transaction():
        person("student", Role.STUDENT, None)
        person("coordinator", Role.COORDINATOR, None)
        for row in DEPARTMENTS:
            person(row["code"], Role.OFFICER, row["code"])
            person(f"{row['code']}-2", Role.DEPARTMENT_HEAD, row["code"])
    return made


def _live(world: World) -> int:
    """Do what people do and what is due, in the order of time; returns how many jobs ran."""
    from sqlalchemy import func, select

    from campus_service.core.clock import freeze
    from campus_service.core.db import db
    from campus_service.jobs.models import OutboxRow
    from campus_service.jobs.outbox import run_due

    ran, end = 0, START + timedelta(days=DAYS)
    while True:
        due = db.session.scalar(select(func.min(OutboxRow.due_at)))
        db.session.rollback()
        acts = world.queue[0][0] if world.queue else end
        moment = min(acts, due or end)
        if moment >= end:
            return ran
        with freeze(moment):
            if due is not None and due <= acts:
                ran += run_due()
            else:
                _attempt(world, heapq.heappop(world.queue)[2])


def _attempt(world: World, act: Callable[[], object]) -> None:
    from campus_service.core.db import transaction
    from campus_service.core.errors import DomainError

    try:
        with transaction():
            act()
    except DomainError:
        world.done["refused"] += 1


_BODIES = (
    ("宿舍{n}号楼水龙头漏水，请来修", "request"),
    ("图书馆{n}层太吵，没有人管", "complaint"),
    ("请问第{n}周的选课什么时候开始", "consultation"),
    ("建议在{n}号楼加装饮水机", "suggestion"),
    ("{n}号楼配电箱在冒烟，有焦味，快来人", "request"),
)
_HOLDERS = ("logistics", "library", "academic_affairs", "dormitory", "it_services")


def _send(world: World, n: int, moment: datetime) -> None:
    from campus_service.feedback import service
    from campus_service.feedback.commands import SendCase

    weights = (40, 25, 20, 13, 2)
    body, kind = world.dice.choices(_BODIES, weights)[0]
    sent = service.send(world.people["student"], SendCase(body=body.format(n=n), kind=kind))
    world.done["sent"] += 1
    if world.dice.random() < 0.9:  # every tenth is forgotten
        world.within(moment, 7, lambda when: _take_on(world, sent.no, when))


def _take_on(world: World, no: str, moment: datetime) -> None:
    """The coordinator routes what waits; the department accepts."""
    from campus_service.feedback import queries, service
    from campus_service.feedback.commands import RouteCase
    from campus_service.feedback.states import UNROUTED, CaseState

    case = queries.case_by_no(no)
    if case.state in UNROUTED:
        service.route(world.people["coordinator"], no, RouteCase(department=world.dice.choice(_HOLDERS)))
        world.done["routed"] += 1
        world.within(moment, 5, lambda when: _take_on(world, no, when))
    elif case.state is CaseState.ROUTED:
        service.accept(world.people[case.department_code or ""], no)
        world.done["accepted"] += 1
        world.within(moment, 30, lambda when: _go_on(world, no, when))


def _go_on(world: World, no: str, moment: datetime) -> None:
    """One of the things that happen to a case in hand."""
    from campus_service.feedback import queries, service
    from campus_service.feedback.commands import AddMessage, Extend, OfferCase, Say, WriteAnswer

    case, chance = queries.case_by_no(no), world.dice.random()
    officer = world.people[case.department_code or "logistics"]
    if chance < 0.15:
        service.ask(officer, no, Say(body="请补充时间和地点"))
        world.done["asked"] += 1
        if world.dice.random() < 0.6:
            student, word = world.people["student"], AddMessage(body="补充好了")
            world.within(moment, 150, lambda _when: service.add_message(student, no, word))
    elif chance < 0.3:
        to = world.dice.choice([code for code in _HOLDERS if code != case.department_code])
        service.offer(officer, no, OfferCase(to=to, reason="归那边管"))
        world.done["offered"] += 1
        if world.dice.random() < 0.7:
            world.within(moment, 12, lambda _when: _take_over(world, no))
    elif chance < 0.4:
        service.extend(officer, no, Extend(days=1, reason="等配件"))
        world.done["extended"] += 1
    elif chance < 0.6:
        service.progress(officer, no, Say(body="正在办"))
        world.done["progress"] += 1
    else:
        service.answer(officer, no, WriteAnswer(body="办好了", outcome="solved"))
        world.done["answered"] += 1
        if world.dice.random() < 0.1:
            world.within(moment, 40, lambda _when: _reopen(world, no))
        return
    if world.dice.random() < 0.85:
        world.within(moment, 60, lambda when: _go_on(world, no, when))


def _take_over(world: World, no: str) -> None:
    from campus_service.feedback import queries, service
    from campus_service.feedback.commands import DecideHandover

    to = queries.case_by_no(no).offered_to
    if to is not None:
        accept = world.dice.random() < 0.7
        service.decide_handover(world.people[to], no, DecideHandover(accept=accept, reason="看过了"))
        world.done["taken over" if accept else "refused over"] += 1


def _reopen(world: World, no: str) -> None:
    from campus_service.feedback import service
    from campus_service.feedback.commands import Reopen

    service.reopen(world.people["student"], no, Reopen(reason="没有解决"))
    world.done["reopened"] += 1


# --- the check ---------------------------------------------------------------------------------------------------


def check() -> tuple[Counter[str], list[str]]:
    """Compare what was sent with what the oracle says; returns how much was compared, and what was wrong."""
    from sqlalchemy import select

    from campus_service.core.calendar import calendar
    from campus_service.core.db import db
    from campus_service.feedback.models import Case, Reminder

    days = calendar().days
    oracle = Oracle(
        {day for day, known in days.items() if not known.working},
        {day for day, known in days.items() if known.working},
    )
    sent: dict[int, list[Reminder]] = {}
    for row in db.session.scalars(select(Reminder)):
        sent.setdefault(row.case_id, []).append(row)
    checked: Counter[str] = Counter()
    faults: list[str] = []
    for case in db.session.scalars(select(Case).order_by(Case.id)):
        faults += [
            f"{case.no}: {fault}" for fault in _check_case(case, sent.get(case.id, []), oracle, checked)
        ]
    return checked, faults


def _check_case(case: Any, sent: list[Any], oracle: Oracle, checked: Counter[str]) -> Iterator[str]:
    from campus_service.feedback import queries

    events = queries.events(case.id)
    yield from _check_deadlines(case, events, oracle, checked)
    got = {(row.clock, row.due_at, row.step): row.at for row in sent}
    wanted = _wanted(case, events)
    for key, moment in wanted.items():
        checked[f"step {key[2]}"] += 1
        if key not in got:
            yield f"{key[0]} {key[2]} of {key[1]:%m-%d %H:%M} was not sent"
        elif abs(got[key] - moment) > TOLERANCE:
            yield f"{key[0]} {key[2]} came at {got[key]:%m-%d %H:%M}, not at {moment:%m-%d %H:%M}"
    for key in got.keys() - wanted.keys():
        yield f"{key[0]} {key[2]} of {key[1]:%m-%d %H:%M} should not have been sent"


def _wanted(case: Any, events: Any) -> dict[tuple[Any, datetime, str], datetime]:
    """Every step that fell due while the log stood as it stood, with the moment at which it was first to be sent."""
    from campus_service.core.calendar import calendar
    from campus_service.feedback import clocks
    from campus_service.feedback.states import Clock
    from campus_service.feedback.states import EventType as E

    # What the site itself writes at the moment of a step comes behind that step.
    by_itself = {E.ESCALATED, E.UNCLAIMED, E.LAPSED, E.RESUMED}
    facts = [clocks.Fact(e.at, e.type, e.department_code, e.data) for e in events]
    found: dict[tuple[Any, datetime, str], datetime] = {}
    promised: datetime | None = None
    for n in range(1, len(facts) + 1):
        since, following = facts[n - 1].at, facts[n] if n < len(facts) else None
        until = following.at if following else START + timedelta(days=DAYS)
        at = {"kind": case.kind, "urgent": case.urgent, "extra_departments": 0, "calendar": calendar()}
        state = clocks.compute(facts[:n], promised=promised, now=since, **at)
        answer = state.get(Clock.ANSWER)
        promised = answer.due_at if answer else promised
        for each in state.open:
            for step, moment in clocks.steps(each, calendar()):
                if moment < until or (following and moment == until and following.type in by_itself):
                    found.setdefault((each.clock, each.due_at, step), max(moment, since))
    return found


def _check_deadlines(case: Any, events: Any, oracle: Oracle, checked: Counter[str]) -> Iterator[str]:
    """The answer's and the first acceptance's deadline of a case that was never paused, extended or reopened."""
    from campus_service.feedback.clocks import RULES
    from campus_service.feedback.states import EventType

    types = {event.type for event in events}
    moved = {EventType.ASKED, EventType.EXTENDED, EventType.REOPENED, EventType.SPLIT, EventType.CHANGED}
    if not types & moved:
        checked["answer deadline"] += 1
        due = oracle.closing(events[0].at, RULES.answer_days[case.kind])
        if case.answer_due_at != due:
            yield f"promised {case.answer_due_at:%m-%d %H:%M}, the oracle says {due:%m-%d %H:%M}"
    if not types & {EventType.UNCLAIMED, EventType.RETURNED, EventType.OFFERED} and case.accept_due_at:
        checked["acceptance deadline"] += 1
        due = oracle.after(events[0].at, RULES.accept_minutes)
        # In working minutes: the seconds that the oracle does not count may end a day or begin the next.
        if oracle.between(*sorted((case.accept_due_at, due))) > 1:
            yield f"to accept by {case.accept_due_at:%m-%d %H:%M}, the oracle says {due:%m-%d %H:%M}"


if __name__ == "__main__":
    main()
