"""The demo's inbox: some seventy messages of the last three weeks, in every state, with the people who answer them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from importlib.resources import files
from itertools import cycle
from typing import Any

from sqlalchemy import func, select

from campus_service.accounts.demo import create_demo_people
from campus_service.accounts.models import Department, User
from campus_service.accounts.queries import actor_of
from campus_service.accounts.service import new_person
from campus_service.core.actor import Actor
from campus_service.core.calendar import calendar
from campus_service.core.clock import freeze, now, to_local
from campus_service.core.db import db, transaction
from campus_service.core.i18n import force_locale
from campus_service.core.permissions import Role
from campus_service.feedback import commands as c
from campus_service.feedback import policy, queries, service
from campus_service.feedback.models import (
    AnswerTemplate,
    Case,
    DepartmentOption,
    PublicAnswer,
    ReportRecipient,
)
from campus_service.feedback.service import timing
from campus_service.feedback.states import CaseState
from campus_service.notifications import service as notifications

DAYS = 20
EVERY = 8  # so many of the 600 labelled messages become one case
NOT_APPROVED_FROM = 62
SENDERS = ("lin@demo.example", "zhou@demo.example", "wu@demo.example")

# Whom a sender may call, department by department.
CONTACTS = {
    "academic_affairs": "教务科 0000-7101",
    "student_affairs": "学生事务科 0000-7102",
    "logistics": "维修科 王师傅 0000-7111",
    "dormitory": "宿管中心值班室 0000-7121",
    "security": "保卫处值班室 0000-1110",
    "library": "读者服务部 0000-2012",
    "it_services": "网络服务台 0000-6120",
    "finance": "收费管理科 0000-7131",
    "clinic": "门诊部 0000-7141",
    "counselling": "心理中心预约 0000-7151",
    "career": "就业服务大厅 0000-7161",
    "youth_league": "社团部 0000-7171",
}
_ANSWERS = {
    "consultation": "同学好：已经向经办老师核实。按现行规定办理即可，步骤和材料见服务指南；仍不清楚可在工作时间来电。",
    "request": "同学好：已经派人处理完毕，请你今天看一下。如果还有问题，点“没有解决”，我们换一位同事再来。",
    "complaint": "同学好：情况属实，给你添麻烦了。当天已经整改，并提醒了当班人员；下周我们会再查一次。",
    "suggestion": "同学好：建议很好，已列入本学期的改进清单，先在一处试行，结果会在这里告诉大家。",
    "praise": "同学好：谢谢你的鼓励，已经转达给当班的同事。",
    "report": "已经收到，正在核实。",
}
# What no rule and no classifier can place: a person decides.
_UNCLEAR = (
    (
        "想问一件事",
        "老师好，上次填的那张表一直没有回音，打电话也没有人接，不知道该找哪里，想问问还要等多久。",
    ),
    ("楼下的声音", "最近每天早上六点楼下都有很大的声音，不知道是什么在响，已经连着一个星期没睡好。"),
    ("几件不方便的事", "希望学校多听听我们的意见，有些地方真的很不方便，说了几次也没有变化。"),
)
# What has just come to logistics: hours ago, whether somebody has accepted it, title, text.
_FRESH = (
    (26, True, "教学楼饮水机出凉水", "二教三楼东头的饮水机只出凉水，指示灯也不亮，麻烦师傅来看一下。"),
    (20, True, "开水房灯坏了", "西区开水房门口的路灯坏了两盏，晚上打水看不清台阶。"),
    (5, False, "教室空调滴水", "一教204的空调一直滴水，第二排的桌子都湿了，请后勤来修。"),
    (1, False, "浴室喷头坏了两个", "南区浴室靠窗的两个喷头拧不紧，一直在流热水。"),
)
_TEMPLATES = (
    ("已派工", "{name}同学好：{place}的问题已经派工，师傅今天会到。处理完我们在这里告诉你。"),
    (
        "已修好，请看一下",
        "{name}同学好：{place}已经修好，请你路过时看一下。如果还有问题，点“没有解决”，我们再来。",
    ),
    (
        "不归我们，这样找",
        "{name}同学好：这件事由别的单位负责，我们已经联系好，请直接找他们；没有回音再告诉我们。",
    ),
)


def load(progress: Callable[[int, int], None] = lambda _done, _all: None) -> int | None:
    """Fill an empty inbox with the demo; None when it holds anything already. Only with CAMPUS_DEMO=true."""
    if db.session.scalar(select(func.count()).select_from(Case)):
        return None
    with transaction():
        senders = create_demo_people()
        desks = _desks()
        _settings(senders)
    # A case keeps the words it was written in; the demo's people read Chinese.
    with force_locale("zh_CN"):
        return _tell_all(senders, desks, progress)


def _desks() -> dict[str, User]:
    """Somebody who answers for each department; nobody signs in as these, their password is no hash."""
    made = {}
    for n, code in enumerate(CONTACTS):
        name = f"{db.session.get_one(Department, code).name}值班员"
        mail = f"duty-{code.replace('_', '-')}@demo.example"
        made[code] = new_person(f"W1{n:04d}", name, mail, password_hash="-", roles=[(Role.OFFICER, code)])
    return made


def _settings(people: dict[str, User]) -> None:
    for code, contact in CONTACTS.items():
        db.session.add(
            DepartmentOption(department_code=code, contact=contact, needs_approval=code == "logistics")
        )
    for name, body in _TEMPLATES:
        db.session.add(AnswerTemplate(department_code=None, name=name, body=body, updated_at=now()))
    db.session.add(ReportRecipient(user_id=people["coordinator@demo.example"].id, added_at=now()))


def _messages() -> list[dict[str, Any]]:
    """Some of the labelled messages; those that are urgent in the data among them, for the desk to see."""
    text = files("campus_service.feedback").joinpath("data/feedback.jsonl").read_text(encoding="utf-8")
    rows = [json.loads(line) for line in text.splitlines() if line]
    return [row for n, row in enumerate(rows) if n % EVERY == 3]


def _moments(count: int) -> Iterator[datetime]:
    """Moments of the last three weeks, the newest an hour ago, oldest first."""
    end = now() - timedelta(hours=1)
    yield from (end - timedelta(days=DAYS) * (count - n) / count for n in range(1, count + 1))


def _tell_all(people: dict[str, User], desks: dict[str, User], progress: Callable[[int, int], None]) -> int:
    rows, senders = _messages(), cycle(actor_of(people[mail].id) for mail in SENDERS)
    officers = {code: actor_of(user.id) for code, user in desks.items()}
    coordinator, head = (actor_of(people[f"{who}@demo.example"].id) for who in ("coordinator", "head"))
    # Departments come in blocks in the file; life mixes them.
    rows = [row for start in range(7) for row in rows[start::7]]
    for n, (row, moment) in enumerate(zip(rows, _moments(len(rows)), strict=True)):
        _Story(n, row, moment, next(senders), officers, (coordinator, head)).tell()
        progress(n + 1, len(rows))
    _publish_some(coordinator)
    _fresh_for_logistics(next(senders), actor_of(people["officer@demo.example"].id))
    _leave_to_triage()
    _have_read()
    return len(rows) + len(_FRESH) + len(_UNCLEAR)


def _publish_some(coordinator: Actor) -> None:
    """Two of three suggested answers are public by now, the first ones among the often asked."""
    suggested = select(PublicAnswer).where(PublicAnswer.published_at.is_(None)).order_by(PublicAnswer.id)
    plain = [row for row in db.session.scalars(suggested) if not row.flags]
    for n, row in enumerate(plain):
        if n % 3 == 2:
            continue
        command = c.PublishAnswer(title=row.title, question=row.question, answer=row.answer, faq=n < 6)
        with freeze(row.suggested_at + timedelta(hours=3)), transaction():
            service.publish_answer(coordinator, row.id, command)


def _fresh_for_logistics(sender: Actor, officer: Actor) -> None:
    """The officer finds work that is not late yet."""
    for hours, accepted, title, body in _FRESH:
        moment = now() - timedelta(hours=hours)
        with freeze(moment), transaction():
            no = service.send(sender, c.SendCase(title=title, body=body, kind="request")).no
        case = queries.case_by_no(no)
        if accepted and case.department_code == "logistics" and case.state is CaseState.ROUTED:
            with freeze(moment + timedelta(minutes=10)), transaction():
                service.accept(officer, no)


def _leave_to_triage() -> None:
    """The coordinator finds something to decide."""
    with transaction():
        user = new_person(
            "2026210009", "钱同学", "qian@demo.example", password_hash="-", roles=[(Role.STUDENT, None)]
        )
    qian = actor_of(user.id)
    for minutes, (title, body) in zip((150, 70, 20), _UNCLEAR, strict=True):
        with freeze(now() - timedelta(minutes=minutes)), transaction():
            service.send(qian, c.SendCase(title=title, body=body))


def _have_read() -> None:
    """Nobody lets the notices of three weeks lie."""
    with transaction():
        notifications.mark_read_before(now() - timedelta(hours=12))


class _Story:
    """One message and what became of it by now; every seventh goes another way."""

    def __init__(
        self,
        n: int,
        row: dict[str, Any],
        start: datetime,
        sender: Actor,
        officers: dict[str, Actor],
        superiors: tuple[Actor, Actor],
    ) -> None:
        self.n, self.row, self.start, self.at = n, row, start, start
        self.sender, self.officers = sender, officers
        self.coordinator, self.head = superiors

    def tell(self) -> None:
        """From sending to where it stands today; a step that would lie ahead of us does not happen."""
        with freeze(self.start), transaction():
            self.no = service.send(self.sender, self._command()).no
        case = queries.case_by_no(self.no)
        if case.state is CaseState.RECEIVED and not self._do(20, self._route):
            return
        # Every ninth waits to be accepted, as long as that is not late yet.
        if self.n % 9 == 4 and now() - self.start < timedelta(hours=20):
            return
        if self._do(45, lambda: service.accept(self._officer(), self.no)):
            self._work()
        with transaction():
            timing.wake(case.id)

    def _command(self) -> c.SendCase:
        return c.SendCase(
            body=self.row["body"], title=self.row["title"], kind=self.row["kind"], consent=self.n % 3 != 1
        )

    def _route(self) -> None:
        service.route(self.coordinator, self.no, c.RouteCase(department=self.row["department"]))

    def _officer(self) -> Actor:
        return self.officers[queries.case_by_no(self.no).department_code or "logistics"]

    def _work(self) -> None:
        way = self.n % 7
        if way == 2:
            self._do(
                60,
                lambda: service.ask(
                    self._officer(), self.no, c.Say(body="请补充具体的时间和地点，有照片更好。")
                ),
            )
            return
        if way == 5:
            self._do(90, self._offer)
            self._do(60, self._take_over)
        self._do(
            120,
            lambda: service.progress(self._officer(), self.no, c.Say(body="已经联系经办的同事，正在处理。")),
        )
        if way == 6 and now() - self.start < timedelta(days=12):
            return
        minutes = 60 if self.row["kind"] == "consultation" else 300
        if self._do(minutes, self._answer) and way != 3 and policy.can_rate(queries.case_by_no(self.no)):
            self._do(240, self._rate)

    def _offer(self) -> None:
        holder = queries.case_by_no(self.no).department_code
        to = next(code for code in ("logistics", "dormitory", "it_services") if code != holder)
        service.offer(
            self._officer(), self.no, c.OfferCase(to=to, reason="现场看过，这一部分由你们负责维护。")
        )

    def _take_over(self) -> None:
        to = queries.case_by_no(self.no).offered_to
        if to is not None:
            service.decide_handover(self.officers[to], self.no, c.DecideHandover(accept=True))

    def _answer(self) -> None:
        outcome = "solved" if self.row["kind"] in ("request", "complaint") else "answered"
        command = c.WriteAnswer(body=_ANSWERS[self.row["kind"]], outcome=outcome)
        service.answer(self._officer(), self.no, command)
        # The head has approved all but the newest.
        if queries.waiting_answer(queries.case_by_no(self.no).id) and self.n < NOT_APPROVED_FROM:
            service.decide_answer(self.head, self.no, c.DecideAnswer(approve=True))

    def _rate(self) -> None:
        solved = self.n % 5 != 0
        rating = (5, 4, 5, 3, 4)[self.n % 5] if solved else 2
        service.give_verdict(self.sender, self.no, c.GiveVerdict(solved=solved, rating=rating))

    def _do(self, working_minutes: int, act: Callable[[], Any]) -> bool:
        """Let working time pass and do it; False when that is not yet."""
        moment = calendar().add_minutes(self.at, working_minutes)
        if moment >= now() or to_local(moment) > to_local(now()):
            return False
        self.at = moment
        with freeze(moment), transaction():
            act()
        return True
