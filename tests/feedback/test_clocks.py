"""Every clock says what a slow walk over each minute says; whatever happens to a case, its promises hold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st

from campus_service.core.clock import freeze
from campus_service.core.i18n import force_locale
from campus_service.core.worktime import Day, WorkCalendar
from campus_service.feedback.clocks import Clocks, Fact, Running, compute, line_text, steps
from campus_service.feedback.states import Clock, Kind
from campus_service.feedback.states import EventType as E
from tests.core import minutes
from tests.core.minutes import BEIJING, CALENDAR, MINUTE, moments

DAYS = {"consultation": 1, "request": 3, "complaint": 5, "suggestion": 5, "praise": 5, "report": 5}


def at(month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=BEIJING)


SENT = at(10, 28, 21, 40)  # a Wednesday
ACCEPTED = [Fact(SENT, E.RECEIVED), Fact(SENT, E.ROUTED), Fact(at(10, 29, 9, 12), E.ACCEPTED)]


def clocks(facts: list[Fact], now: datetime, kind: Kind = Kind.REQUEST, **changes: Any) -> Clocks:
    given: dict[str, Any] = {"urgent": False, "extra_departments": 0, "calendar": CALENDAR} | changes
    return compute(facts, kind=kind, now=now, **given)


def the(clock: Clock, facts: list[Fact], now: datetime, **changes: Any) -> Running:
    found = clocks(facts, now, **changes).get(clock)
    assert found is not None
    return found


# --- the oracle ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Story:
    """What happened to a case, in minutes after it was received."""

    kind: Kind
    received: datetime
    extra: int
    asked: int | None
    supplied: int | None  # after it was asked
    handed_over: int
    extended: tuple[int, int] | None  # when, and by how many days
    now: int

    def facts(self) -> list[Fact]:
        """The log until now."""
        found: list[tuple[int, E, dict[str, int]]] = [
            (0, E.RECEIVED, {}),
            (0, E.ROUTED, {}),
            (1, E.ACCEPTED, {}),
            (self.handed_over, E.HANDED_OVER, {}),
        ]
        if self.asked is not None:
            found.append((self.asked, E.ASKED, {}))
            if self.supplied is not None:
                found.append((self.asked + self.supplied, E.SUPPLIED, {}))
        if self.extended is not None:
            found.append((self.extended[0], E.EXTENDED, {"days": self.extended[1]}))
        found.sort(key=lambda fact: fact[0])
        return [
            Fact(self.received + n * MINUTE, type, "logistics", data)
            for n, type, data in found
            if n <= self.now
        ]

    def expected(self) -> tuple[datetime, int]:
        """The deadline and the minutes used, by walking."""
        now = self.received + self.now * MINUTE
        days = DAYS[self.kind.value] + 2 * self.extra
        due, pause = self._with_pause(days, now)
        if self.extended is not None and self.extended[0] <= self.now:
            when, more = self.extended
            if self.received + when * MINUTE <= due:
                limit = 10 if self.kind is Kind.REPORT else DAYS[self.kind.value]
                due, pause = self._with_pause(days + min(more, limit), now)
        used = minutes.count(self.received, now) - (minutes.count(*pause) if pause else 0)
        return due, used

    def _with_pause(self, days: int, now: datetime) -> tuple[datetime, tuple[datetime, datetime] | None]:
        due = minutes.closing(self.received, days)
        if self.asked is None or self.asked > self.now:
            return due, None
        begin = self.received + self.asked * MINUTE
        if begin >= due:
            return due, None
        end = now if self.supplied is None else min(now, begin + self.supplied * MINUTE)
        end = min(end, minutes.closing(begin, 5))
        return minutes.after(due, minutes.count(begin, end)), (begin, end)


WEEK = 7 * 1440


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """Cases in the awkward weeks of the calendar."""
    asked = draw(st.none() | st.integers(2, WEEK))
    return Story(
        kind=draw(st.sampled_from(list(Kind))),
        received=draw(moments()),
        extra=draw(st.integers(0, 2)),
        asked=asked,
        supplied=draw(st.none() | st.integers(1, 2 * WEEK)) if asked is not None else None,
        handed_over=draw(st.integers(2, WEEK)),
        extended=draw(st.none() | st.tuples(st.integers(2, WEEK), st.integers(1, 12))),
        now=draw(st.integers(2, 3 * WEEK)),
    )


@settings(max_examples=120, deadline=None)
@given(stories())
def test_the_answer_is_due_and_its_time_used_as_the_walk_says(story: Story) -> None:
    now = story.received + story.now * MINUTE
    found = the(Clock.ANSWER, story.facts(), now, kind=story.kind, extra_departments=story.extra)
    assert (found.due_at, found.used_minutes) == story.expected()
    assert found.late == (now > found.due_at)
    assert found.provisional == (found.due_at.astimezone(BEIJING).year not in minutes.KNOWN)


@settings(max_examples=60, deadline=None)
@given(stories(), st.integers(0, WEEK))
def test_a_hand_over_never_moves_the_deadline(story: Story, later: int) -> None:
    facts, now = story.facts(), story.received + story.now * MINUTE
    without = [fact for fact in facts if fact.type is not E.HANDED_OVER]
    changes = {"kind": story.kind, "extra_departments": story.extra}
    assert (
        the(Clock.ANSWER, facts, now, **changes).due_at == the(Clock.ANSWER, without, now, **changes).due_at
    )


@settings(max_examples=60, deadline=None)
@given(stories(), st.integers(0, 2 * WEEK))
def test_time_alone_never_makes_a_deadline_earlier(story: Story, more: int) -> None:
    facts, now = story.facts(), story.received + story.now * MINUTE
    earlier = the(Clock.ANSWER, facts, now, kind=story.kind)
    later = the(Clock.ANSWER, facts, now + more * MINUTE, kind=story.kind)
    assert later.due_at >= earlier.due_at
    assert later.used_minutes >= earlier.used_minutes


@settings(max_examples=60, deadline=None)
@given(stories())
def test_reminders_come_when_the_walk_has_used_that_share(story: Story) -> None:
    now = story.received + story.now * MINUTE
    found = the(Clock.ANSWER, story.facts(), now, kind=story.kind)
    at_half = dict(steps(found, CALENDAR))["50"]
    paused = sum(minutes.count(p.start, min(p.end, at_half)) for p in found.pauses if p.start < at_half)
    used = minutes.count(found.started_at, at_half) - paused
    assert abs(used - found.total_minutes / 2) <= 1
    assert [moment for _, moment in steps(found, CALENDAR)] == sorted(m for _, m in steps(found, CALENDAR))


@settings(max_examples=60, deadline=None)
@given(moments())
def test_acceptance_is_due_after_four_hours_of_working_minutes(received: datetime) -> None:
    found = the(Clock.ACCEPT, [Fact(received, E.RECEIVED)], received)
    assert found.due_at == minutes.after(received, 240)


# --- accepting and returning ---------------------------------------------------------------------------------------


def test_triage_counts_in_the_four_hours_of_the_first_routing() -> None:
    facts = [Fact(at(10, 30, 15, 20), E.RECEIVED), Fact(at(10, 30, 17), E.ROUTED)]
    assert the(Clock.ACCEPT, facts, at(10, 30, 17)).due_at == at(11, 2, 9, 50)


@pytest.mark.parametrize("back", [E.RETURNED, E.UNCLAIMED])
def test_a_new_department_gets_four_hours_of_its_own_after_a_return(back: E) -> None:
    facts = [*ACCEPTED[:2], Fact(at(10, 29, 11), back), Fact(at(10, 29, 14), E.ROUTED)]
    assert the(Clock.ACCEPT, facts, at(10, 29, 15)).due_at == at(10, 30, 8, 30)


def test_a_route_corrected_before_anybody_answered_gains_no_time() -> None:
    facts = [*ACCEPTED[:2], Fact(at(10, 29, 11), E.ROUTED)]
    assert the(Clock.ACCEPT, facts, at(10, 29, 11)).due_at == at(10, 29, 12)


@pytest.mark.parametrize("end", [E.HANDED_OVER, E.REFUSED, E.LAPSED])
def test_an_offered_hand_over_runs_its_own_four_hours_until_it_is_decided(end: E) -> None:
    facts = [*ACCEPTED, Fact(at(10, 29, 9, 55), E.OFFERED)]
    waiting = the(Clock.ACCEPT, facts, at(10, 29, 10))
    assert (waiting.due_at, waiting.done_at) == (at(10, 29, 15, 55), None)
    decided = the(Clock.ACCEPT, [*facts, Fact(at(10, 29, 11, 20), end)], at(10, 29, 12))
    assert (decided.done_at, decided.late) == (at(10, 29, 11, 20), False)


def test_a_return_is_possible_until_the_end_of_the_next_working_day_and_not_after_accepting() -> None:
    assert clocks(ACCEPTED[:2], at(10, 29, 9)).return_until == at(10, 29, 17, 30)
    assert clocks(ACCEPTED, at(10, 29, 10)).return_until is None


def test_a_binding_decision_needs_no_acceptance() -> None:
    facts = [*ACCEPTED[:2], Fact(at(10, 29, 11), E.RETURNED), Fact(at(10, 29, 15), E.ADJUDICATED)]
    found = clocks(facts, at(10, 29, 16))
    assert found.return_until is None
    assert [each.clock for each in found.open] == [Clock.ANSWER, Clock.PROGRESS]


# --- pauses, extensions, reopening ---------------------------------------------------------------------------------


def test_an_answer_of_the_sender_ends_the_pause_and_moves_the_deadline_by_it() -> None:
    facts = [*ACCEPTED, Fact(at(10, 29, 10), E.ASKED), Fact(at(10, 30, 12, 30), E.SUPPLIED)]
    found = the(Clock.ANSWER, facts, at(10, 30, 15))
    assert not found.paused
    assert found.due_at == at(11, 4, 10)  # 1 day and 2 hours after 2 November, 17:30
    assert found.total_minutes == 3 * 450


def test_while_the_sender_owes_an_answer_nothing_but_that_is_due() -> None:
    found = clocks([*ACCEPTED, Fact(at(10, 29, 10), E.ASKED)], at(10, 30, 9))
    assert found.next is not None
    assert (found.next.clock, found.next.due_at) == (Clock.SENDER, at(11, 5, 17, 30))
    assert found.get(Clock.PROGRESS) is None
    assert the(Clock.ANSWER, [*ACCEPTED, Fact(at(10, 29, 10), E.ASKED)], at(10, 30, 9)).paused


def test_after_five_working_days_the_clock_goes_on_although_nobody_said_so() -> None:
    facts = [*ACCEPTED, Fact(at(10, 29, 10), E.ASKED)]
    found = the(Clock.ANSWER, facts, at(11, 20, 9))
    assert not found.paused
    assert found.late
    same = the(Clock.ANSWER, [*facts, Fact(at(11, 5, 17, 30), E.RESUMED)], at(11, 20, 9))
    assert found.due_at == same.due_at


@pytest.mark.parametrize("kind", list(Kind))
def test_an_extension_is_at_most_as_long_as_the_original_and_ten_days_for_an_investigation(
    kind: Kind,
) -> None:
    facts = [*ACCEPTED, Fact(at(10, 29, 11), E.EXTENDED, None, {"days": 40})]
    days = DAYS[kind.value] + (10 if kind is Kind.REPORT else DAYS[kind.value])
    assert the(Clock.ANSWER, facts, at(10, 29, 12), kind=kind).due_at == minutes.closing(SENT, days)


def test_only_the_first_extension_counts_and_none_that_comes_too_late() -> None:
    first = Fact(at(10, 30, 9), E.EXTENDED, None, {"days": 1})
    second = Fact(at(10, 30, 10), E.EXTENDED, None, {"days": 3})
    assert the(Clock.ANSWER, [*ACCEPTED, first, second], at(10, 30, 11)).due_at == at(11, 3, 17, 30)
    late = Fact(at(11, 3, 9), E.EXTENDED, None, {"days": 3})
    assert the(Clock.ANSWER, [*ACCEPTED, late], at(11, 3, 10)).due_at == at(11, 2, 17, 30)


def test_after_reopening_a_clock_of_the_same_length_runs_anew() -> None:
    facts = [*ACCEPTED, Fact(at(10, 30, 9), E.ANSWERED)]
    assert the(Clock.ANSWER, facts, at(11, 3, 9)).done_at == at(10, 30, 9)
    assert clocks(facts, at(11, 3, 9)).next is None
    again = the(Clock.ANSWER, [*facts, Fact(at(11, 3, 9), E.REOPENED)], at(11, 3, 10))
    assert (again.done_at, again.due_at) == (None, at(11, 6, 17, 30))


def test_a_sender_whose_moments_are_kept_to_the_hour_does_not_turn_time_round() -> None:
    facts = [*ACCEPTED, Fact(at(10, 29, 10, 20), E.ASKED), Fact(at(10, 29, 10), E.SUPPLIED)]
    assert the(Clock.ANSWER, facts, at(10, 29, 11)).due_at == at(11, 2, 17, 30)


# --- promises ------------------------------------------------------------------------------------------------------


def test_an_import_may_move_a_promise_later_but_never_earlier() -> None:
    sent = datetime(2026, 12, 31, 9, tzinfo=BEIJING)
    facts = [Fact(sent, E.RECEIVED)]
    promised = the(Clock.ANSWER, facts, sent)
    assert promised.provisional
    holiday = {date(2027, 1, n): Day(False, "元旦") for n in (1, 2, 3)}
    published = WorkCalendar(2, {**CALENDAR.days, **holiday}, CALENDAR.years | {2027})
    later = the(Clock.ANSWER, facts, sent, calendar=published, promised=promised.due_at)
    assert (later.provisional, later.due_at > promised.due_at) == (False, True)
    make_up = WorkCalendar(
        3, {**CALENDAR.days, date(2027, 1, 2): Day(True, "调休上班")}, CALENDAR.years | {2027}
    )
    assert the(Clock.ANSWER, facts, sent, calendar=make_up).due_at < promised.due_at
    kept = the(Clock.ANSWER, facts, sent, calendar=make_up, promised=promised.due_at)
    assert kept.due_at == promised.due_at
    assert "promised" in [line.code for line in kept.lines]


def test_a_corrected_kind_does_not_shorten_what_was_promised() -> None:
    promised = the(Clock.ANSWER, ACCEPTED, at(10, 29, 10)).due_at
    found = the(Clock.ANSWER, ACCEPTED, at(10, 29, 10), kind=Kind.CONSULTATION, promised=promised)
    assert found.due_at == promised


# --- safety, progress, escalation ----------------------------------------------------------------------------------


def test_safety_runs_by_night_from_receipt() -> None:
    found = clocks(ACCEPTED[:2], at(10, 28, 21, 50), urgent=True)
    ack, act = found.get(Clock.SAFETY_ACK), found.get(Clock.SAFETY_ACT)
    assert ack is not None
    assert act is not None
    assert (ack.due_at, act.due_at) == (at(10, 28, 21, 55), at(10, 28, 23, 40))
    assert found.next == ack
    assert found.percent(at(10, 28, 21, 52), Clock.SAFETY_ACK) == 80


def test_safety_runs_from_the_moment_somebody_saw_that_it_is_urgent() -> None:
    facts = [
        *ACCEPTED,
        Fact(at(10, 29, 13), E.CHANGED, None, {"field": "urgent", "before": False, "after": True}),
    ]
    found = the(Clock.SAFETY_ACK, facts, at(10, 29, 13), urgent=True)
    assert (found.due_at, found.done_at) == (at(10, 29, 13, 15), None)


def test_accepting_acknowledges_and_only_acting_ends_the_danger() -> None:
    facts = [*ACCEPTED[:2], Fact(at(10, 28, 21, 45), E.ACCEPTED)]
    assert the(Clock.SAFETY_ACK, facts, at(10, 28, 22), urgent=True).done_at == at(10, 28, 21, 45)
    assert the(Clock.SAFETY_ACT, facts, at(10, 28, 22), urgent=True).done_at is None
    acted = [*facts, Fact(at(10, 29), E.ACTED)]
    assert the(Clock.SAFETY_ACT, acted, at(10, 29), urgent=True).late


def test_a_word_to_the_sender_is_due_every_three_working_days() -> None:
    assert the(Clock.PROGRESS, ACCEPTED, at(10, 29, 10)).due_at == at(11, 3, 17, 30)
    told = [*ACCEPTED, Fact(at(11, 2, 9), E.PROGRESS)]
    assert the(Clock.PROGRESS, told, at(11, 2, 10)).due_at == at(11, 5, 17, 30)
    assert clocks(ACCEPTED[:2], at(10, 29, 9)).get(Clock.PROGRESS) is None


def test_a_late_answer_climbs_to_the_public_list() -> None:
    found = steps(the(Clock.ANSWER, ACCEPTED, at(10, 29, 10)), CALENDAR)
    assert found == [
        ("50", at(10, 30, 11, 45)),
        ("80", at(11, 2, 11, 0)),
        ("100", at(11, 2, 17, 30)),
        ("head", at(11, 2, 17, 30)),
        ("supervisor", at(11, 3, 17, 30)),
        ("oversight", at(11, 5, 17, 30)),
        ("public", at(11, 9, 17, 30)),
    ]


def test_a_fire_does_not_wait_for_a_working_day() -> None:
    friday = [Fact(at(10, 30, 23), E.RECEIVED)]
    found = dict(steps(the(Clock.SAFETY_ACT, friday, at(10, 30, 23), urgent=True), CALENDAR))
    assert set(found) == {"50", "80", "100", "head", "supervisor"}
    assert found["supervisor"] - found["head"] == timedelta(days=1)


# --- the explanation -----------------------------------------------------------------------------------------------


def test_the_deadline_is_explained_line_by_line_in_the_readers_language(app: Flask) -> None:
    facts = [*ACCEPTED, Fact(at(10, 29, 10), E.ASKED), Fact(at(10, 30, 12, 30), E.SUPPLIED)]
    lines = [line.as_json() for line in the(Clock.ANSWER, facts, at(10, 30, 15)).lines]
    with app.test_request_context(), force_locale("zh_CN"), freeze(SENT):
        texts = [line_text(row["code"], row["params"]) for row in lines]
    assert texts == [
        "10月28日 周三 21:40 收到",
        "求助 3 个工作日，当日不计（民法典第二百零一条）",
        "暂停 1 天 2 小时，等同学补充",
        "10月31日 周六 至 11月1日 周日 休息",
        "最晚 11月4日 周三 10:00",
    ]


def test_every_line_can_be_said(app: Flask) -> None:
    asked = Fact(at(12, 23, 10), E.ASKED)
    facts = [
        Fact(at(12, 22, 21), E.RECEIVED), Fact(at(12, 22, 21), E.ROUTED), Fact(at(12, 22, 22), E.RETURNED),
        Fact(at(12, 22, 23), E.ROUTED), Fact(at(12, 23, 8), E.ACCEPTED), Fact(at(12, 23, 9), E.OFFERED),
        Fact(at(12, 23, 9, 30), E.HANDED_OVER), Fact(at(12, 23, 9, 40), E.EXTENDED, None, {"days": 5}), asked,
    ]  # fmt: skip
    promised = datetime(2027, 3, 1, 17, 30, tzinfo=BEIJING)
    found: list[Running] = []
    for end in range(1, len(facts) + 1):
        found += clocks(
            facts[:end], at(12, 23, 11), Kind.COMPLAINT, urgent=True, extra_departments=2, promised=promised
        ).running
    codes = {line.code for each in found for line in each.lines}
    assert {
        "promised",
        "provisional",
        "pausing",
        "extended",
        "departments",
        "counted_from",
        "handed_over",
    } <= codes
    with app.test_request_context():
        assert all(line.text and "%(" not in line.text for each in found for line in each.lines)
