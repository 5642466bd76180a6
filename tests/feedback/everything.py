"""One of everything in the inbox: a case in every state, who was offered what, reports, public answers, a contested score."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import count, cycle
from typing import Any

from campus_service.core.clock import freeze, now
from campus_service.core.db import transaction
from campus_service.core.permissions import Role
from campus_service.feedback import commands as c
from campus_service.feedback import figures, service
from campus_service.feedback.service import scoring
from tests.conftest import Cast, Person, new_colleague
from tests.feedback.queue import desk_of_everything, suggestion
from tests.feedback.stories import accepted, anonymous, answered, asked, case, routed

STAFF = ("officer", "colleague", "head", "librarian", "coordinator", "auditor")
FIRE = {"title": "七号楼着火冒烟", "body": "七号楼三层走廊着火，冒烟很大，快来人"}
REPORT = {
    "kind": "report",
    "title": "",
    "body": "后勤处有人虚报维修工时，我有单据照片",
    "accused_department": "logistics",
}
ANSWER = c.WriteAnswer(body="灯已经换好，请今晚看看。", outcome="solved")


def inbox_of_everything(people: Cast) -> dict[str, Any]:
    """What the inbox can show, by name: numbers of cases, ids of the rest. 林小满 sent ``case`` and ``case_answered``."""
    for name in STAFF:
        getattr(people, name)  # made before a story opens a transaction
    crowd = _crowd()
    return (
        desk_of_everything(people)
        | _own(people)
        | _underway(people, crowd)
        | _joined(people, crowd)
        | _over(people, crowd)
        | _kept(people, crowd)
        | _contested(people, crowd)
        | {"recipient": people.auditor.id}
    )


def _crowd() -> Iterator[Person]:
    """Students who take turns: an account may send five a day."""
    number = count(1)
    some = [
        new_colleague(f"20269900{next(number):02d}", f"同学{name}", Role.STUDENT) for name in "甲乙丙丁戊"
    ]
    return cycle(some)


def _own(people: Cast) -> dict[str, Any]:
    no = accepted(people)
    with transaction():
        service.progress(people.officer.actor, no, c.Say(body="师傅下午到。"))
    nameless = anonymous(None, title="", body="食堂二楼的洗手池堵了两天，水流到走道上")
    return {
        "case": no,
        "case_answered": answered(people),
        "case_anonymous": nameless.no,
        "case_receipt": nameless.receipt,
        "case_report": anonymous(None, **REPORT).no,
    }


def _underway(people: Cast, crowd: Iterator[Person]) -> dict[str, Any]:
    made = {
        "case_routed": routed(people, next(crowd)),
        "case_accepted": accepted(people, next(crowd)),
        "case_waiting": asked(people, person=next(crowd)),
        "case_offered": accepted(people, next(crowd)),
        "case_returned": routed(people, next(crowd)),
        "case_adjudicated": routed(people, next(crowd)),
        "case_submitted": accepted(people, next(crowd)),
        "case_urgent": anonymous(None, **FIRE).no,
    }
    officer, coordinator = people.officer.actor, people.coordinator.actor
    with transaction():
        service.offer(officer, made["case_offered"], c.OfferCase(to="library", reason="灯在图书馆门口"))
    with transaction():
        service.return_case(officer, made["case_returned"], c.ReturnCase(reason="不是我们管的灯"))
    with transaction():
        command = c.Adjudicate(department="logistics", reason="楼里的灯由后勤处修")
        service.adjudicate(coordinator, made["case_adjudicated"], command)
    _submit(people, made["case_submitted"])
    return made


def _submit(people: Cast, no: str) -> None:
    """An answer waits for 秦处长; afterwards her department answers without her again."""
    for approval in (True, False):
        with transaction():
            service.save_options(people.head.actor, "logistics", c.SaveOptions(needs_approval=approval))
        if approval:
            with transaction():
                service.answer(people.officer.actor, no, ANSWER)


def _joined(people: Cast, crowd: Iterator[Person]) -> dict[str, Any]:
    officer = people.officer.actor
    merged, linked, split, into = (accepted(people, next(crowd)) for _each in range(4))
    with transaction():
        service.merge(officer, merged, c.MergeCase(into=into))
    with transaction():
        service.link(officer, linked, c.LinkCase(other=into))
    with transaction():
        part = c.Part(department="library", body="图书馆门口的那一盏")
        parts = service.split(officer, split, c.SplitCase(parts=[part]))
        part_no = parts[0].no
    return {
        "case_merged": merged,
        "case_into": into,
        "case_linked": linked,
        "case_split": split,
        "case_part": part_no,
    }


def _over(people: Cast, crowd: Iterator[Person]) -> dict[str, Any]:
    closing, again, leaving = next(crowd), next(crowd), next(crowd)
    closed, reopened, withdrawn = (
        answered(people, closing),
        answered(people, again),
        accepted(people, leaving),
    )
    with transaction():
        service.give_verdict(closing.actor, closed, c.GiveVerdict(solved=True, rating=5, text="很快"))
    with transaction():
        service.reopen(again.actor, reopened, c.Reopen(reason="又不亮了"))
    with transaction():
        service.withdraw(leaving.actor, withdrawn, c.Withdraw(reason="自己好了"))
    return {"case_closed": closed, "case_reopened": reopened, "case_withdrawn": withdrawn}


def _kept(people: Cast, crowd: Iterator[Person]) -> dict[str, Any]:
    public = accepted(people, next(crowd), consent=True, title="走廊下水道反味")
    with transaction():
        service.follow(people.wu.actor, public)
    published = suggestion(people, person=next(crowd))
    with transaction():
        words = c.PublishAnswer(
            title="灯坏了找谁", question="教学楼的灯坏了找谁？", answer="打后勤处电话。", faq=True
        )
        service.publish_answer(people.coordinator.actor, published, words)
    with transaction():
        template = service.add_template(
            people.officer.actor,
            "logistics",
            c.SaveTemplate(name="已派工", body="{name}同学好：{place}已经派工。"),
        ).id
    return {"case_public": public, "public_answer": published, "template": template}


def _contested(people: Cast, crowd: Iterator[Person]) -> dict[str, Any]:
    """Last month's score, frozen on its day and contested by 秦处长 while that is possible."""
    month, sender = figures.previous_month(figures.month_of(now())), next(crowd)
    with freeze(figures.bounds(month)[0] + timedelta(days=10, hours=2)):
        no = answered(people, sender)
        with transaction():
            service.give_verdict(sender.actor, no, c.GiveVerdict(solved=False, rating=1))
    with freeze(scoring.freeze_at(month) + timedelta(hours=1)):
        with transaction():
            scoring.freeze_due()
        with transaction():
            command = c.AppealScore(no=no, reason="同学评错了一件")
            appeal = scoring.appeal(people.head.actor, "logistics", month, command).id
    assert not case(no).is_open
    return {"case_scored": no, "month": month, "appeal": appeal}


def own_cases(people: Cast, one: Person, other: Person) -> dict[str, Any]:
    """What a sender's own page can show, sent yesterday by two students who sent nothing else."""
    officer = people.officer.actor
    with freeze(now() - timedelta(days=1)):
        made = {
            "own_waiting": asked(people, person=one),
            "own_handed": accepted(people, one),
            "own_reopened": answered(people, one),
            "own_flagged": routed(people, one, consent=True, body="三教的灯不亮，我的电话 13800138000"),
            "own_merged": accepted(people, other),
            "own_withdrawn": accepted(people, other),
            "own_closed": answered(people, other),
            "own_report": _report(other),
        }
        with transaction():
            service.offer(officer, made["own_handed"], c.OfferCase(to="library", reason="灯在图书馆门口"))
        with transaction():
            service.decide_handover(people.librarian.actor, made["own_handed"], c.DecideHandover(accept=True))
        with transaction():
            service.reopen(one.actor, made["own_reopened"], c.Reopen(reason="又不亮了"))
        with transaction():
            service.merge(officer, made["own_merged"], c.MergeCase(into=made["own_waiting"]))
        with transaction():
            service.withdraw(other.actor, made["own_withdrawn"], c.Withdraw())
        with transaction():
            service.give_verdict(other.actor, made["own_closed"], c.GiveVerdict(solved=False, rating=2))
    return made


def _report(person: Person) -> str:
    with transaction():
        return service.send(person.actor, c.SendCase.model_validate(REPORT)).no
