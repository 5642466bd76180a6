"""A person's own cases as rows of the page of his own things."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from campus_service.core.actor import Actor
from campus_service.core.i18n import _
from campus_service.core.page import Section, fmt_when
from campus_service.feedback import case_page, policy, public_queries
from campus_service.feedback.case_page import Badge
from campus_service.feedback.models import Case
from campus_service.feedback.states import CaseState


@dataclass(frozen=True, slots=True)
class Row:
    """One case of one's own."""

    case: Case
    place: str
    badge: Badge
    next: str
    urgent: bool


def section(actor: Actor) -> Section:
    """My cases, those that wait for me first."""
    return Section("me/_feedback.html", rows(actor))


def rows(actor: Actor) -> Sequence[Row]:
    """One's own cases, newest first but for what waits for an answer or a verdict."""
    made = [_row(case) for case in public_queries.mine(actor)]
    return sorted(made, key=lambda row: not row.urgent)


def _row(case: Case) -> Row:
    asked = case.state is CaseState.WAITING
    answered = case.state is CaseState.ANSWERED and policy.can_rate(case)
    return Row(case, case_page.place(case), case_page.badge(case), _next(case), asked or answered)


def _next(case: Case) -> str:
    if case.state is CaseState.WAITING:
        return _("等你补充，计时暂停了")
    if case.state is CaseState.ANSWERED:
        return _("看看答复，说一声解决了没有") if policy.can_rate(case) else ""
    if case.is_open and case.answer_due_at is not None:
        return _("%(when)s 前答复", when=fmt_when(case.answer_due_at))
    return ""
