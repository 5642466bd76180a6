"""What stands on the coordinator's desk: messages that nobody has, returned ones, suggestions, rules."""

from __future__ import annotations

from typing import Any

from campus_service.core.db import transaction
from campus_service.feedback import queries, service
from campus_service.feedback.commands import ReturnCase, RouteCase, SaveRule
from campus_service.feedback.service import rules
from campus_service.feedback.states import CaseState
from tests.conftest import Cast, Person
from tests.feedback.stories import answered, case, routed, sent

# Nothing in it says whose it is: it waits for a person.
VAGUE: dict[str, Any] = {
    "title": "有件事想问",
    "body": "昨天那件事后来怎么样了，一直没有人告诉我结果，想知道现在到哪一步了",
    "place": "",
    "kind": "consultation",
}
PERSONAL: dict[str, Any] = {
    "consent": True,
    "title": "三教的灯不亮",
    "body": "我叫王小明，电话13800001234，三教二楼的感应灯不亮，问过张阿姨也没人来修",
}


def waiting(people: Cast, person: Person | None = None, **changes: Any) -> str:
    """A message that nobody has yet; returns its number."""
    no = sent(person or people.lin, **VAGUE | changes)
    row = case(no)
    if row.state is not CaseState.RECEIVED:
        with transaction():
            row.state, row.department_code, row.routed_to = CaseState.RECEIVED, None, None
    return no


def returned(people: Cast, *officers: Person, **changes: Any) -> str:
    """A message that the departments of these officers returned, one after the other."""
    no = waiting(people, **changes)
    for officer in officers:
        department = next(iter(officer.actor.departments))
        with transaction():
            service.route(people.coordinator.actor, no, RouteCase(department=department))
        with transaction():
            service.return_case(
                officer.actor, no, ReturnCase(reason="不是我们管的事", suggested="academic_affairs")
            )
    return no


def suggestion(people: Cast, **changes: Any) -> int:
    """A public answer that the site suggests; returns its id."""
    row = queries.public_answer_of(case(answered(people, **PERSONAL | changes)).id)
    assert row is not None
    return row.id


def desk_of_everything(people: Cast) -> dict[str, Any]:
    """One of everything that the coordinator's pages show, by name."""
    coordinator = people.coordinator.actor
    with transaction():
        rule = rules.save_rule(
            coordinator, None, SaveRule(name="楼里的灯", words=["感应灯", "路灯"], department="logistics")
        )
        masked = SaveRule(name="二楼的灯", words=["感应灯"], areas=["teach3"], department="academic_affairs")
        rules.save_rule(coordinator, None, masked)
    return {
        "to_triage": waiting(people, people.wu),
        "returned_twice": returned(people, people.officer, people.librarian, title="谁也不认的一件"),
        "to_correct": routed(people, people.zhou),
        "suggestion": suggestion(people, person=people.zhou),
        "flagged_case": sent(people.wu, **PERSONAL),
        "rule": rule.id,
    }
