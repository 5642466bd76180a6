"""What the officers' page of one case says: the sender's words, the promise, why here, the story so far, what may be done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from campus_service.accounts import queries as accounts
from campus_service.core.actor import Actor
from campus_service.core.i18n import LazyString, _, lazy
from campus_service.core.page import fmt_when
from campus_service.feedback import inbox_queries, inboxing, policy, queries, service
from campus_service.feedback.clock_lines import Line
from campus_service.feedback.clocks import RULES
from campus_service.feedback.inbox_story import Entry, story
from campus_service.feedback.inboxing import Badge, Remaining
from campus_service.feedback.models import Answer, AnswerTemplate, Case, CaseEvent, Message
from campus_service.feedback.states import HELD, AnswerState, EventType, Kind, Outcome, RouteHow
from campus_service.media import service as media

MODES = {
    "answer": (lazy("答复同学"), "a"),
    "progress": (lazy("进展"), "p"),
    "acted": (lazy("已到场"), "d"),
    "ask": (lazy("一次告知"), "m"),
    "note": (lazy("内部备注"), "i"),
}


@dataclass(frozen=True, slots=True)
class Seen:
    """A case as its officer sees it."""

    case: Case
    sender: str
    contact: str
    photos: Sequence[Any]
    place: str
    badge: Badge
    chips: list[tuple[str, str]]
    clock: Remaining | None
    due: str
    lines: list[str]
    why: str
    chain: list[str]
    story: list[Entry]
    older: Sequence[Any]
    parts: Sequence[Case]
    merged: Sequence[Case]
    links: Sequence[Case]
    offer: Any
    waiting: Answer | None
    waiting_by: str
    sent_back: Answer | None
    draft: str
    may: frozenset[str]
    modes: list[tuple[str, LazyString, str]]
    approval: bool
    colleagues: Sequence[Any]
    departments: list[tuple[str, str]]
    templates: list[tuple[str, str]]
    kinds: list[tuple[str, LazyString]]
    outcomes: list[tuple[str, LazyString]] = field(
        default_factory=lambda: [(each.value, each.label) for each in Outcome]
    )
    longest: int = 1

    @property
    def latest(self) -> Entry | None:
        """The newest thing that somebody wrote."""
        return next((entry for entry in reversed(self.story) if entry.text), None)


def look(actor: Actor, case: Case, names: Mapping[str, str]) -> Seen:
    """Everything that an officer needs to work on ``case``; ``names``: of the departments."""
    recipient = queries.is_recipient(actor, case)
    events, messages = queries.events(case.id), queries.messages(case.id, notes=True)
    answers, parts = inbox_queries.answers(case.id), queries.parts(case.id)
    waiting = next((row for row in answers if row.state is AnswerState.SUBMITTED), None)
    people = _people(case, events, messages, answers)
    may = _may(actor, case, recipient, events, waiting)
    colleagues = _colleagues(case)
    options = queries.options(case.department_code) if case.department_code else None
    return Seen(
        case=case,
        sender=_sender(case, people),
        contact=case.caller_contact,
        photos=media.photos_of("feedback_case", [case.id]).get(case.id, []),
        place=inboxing.place(case),
        badge=inboxing.badge(case, waiting is not None),
        chips=inboxing.chips(actor, case, names),
        clock=inboxing.answer_clock(case),
        due=fmt_when(case.answer_due_at) if case.answer_due_at else "",
        lines=[Line(**row).text for row in case.clock_lines],
        why=_why(case),
        chain=_chain(case, events, names),
        story=story(events, messages, answers, people, names),
        older=inbox_queries.older_here(actor, case),
        parts=parts,
        merged=queries.merged_into(case.id),
        links=queries.links(case.id),
        offer=queries.pending_handover(case.id) if case.offered_to else None,
        waiting=waiting,
        waiting_by=people.get(waiting.author_id, "") if waiting else "",
        sent_back=_sent_back(answers),
        draft=_draft(case, answers, parts),
        may=may,
        modes=[(mode, *MODES[mode]) for mode in _modes(actor, case, recipient, events, waiting)],
        approval=bool(options and options.needs_approval and not policy.is_head(actor, case.department_code)),
        colleagues=colleagues,
        departments=[(code, name) for code, name in names.items() if code != case.department_code],
        templates=_templates(actor, case, people, names),
        kinds=[(kind.value, kind.label) for kind in Kind if kind is not Kind.REPORT],
        longest=RULES.longest_extension(case.kind),
    )


def _people(
    case: Case, events: Sequence[CaseEvent], messages: Sequence[Message], answers: Sequence[Answer]
) -> dict[int, str]:
    """The names of all who appear in the case, in one query."""
    ids = {case.sender_id, case.assignee_id, *(event.actor_id for event in events)}
    ids |= {message.author_id for message in messages} | {row.author_id for row in answers}
    ids |= {event.data.get("user") for event in events}
    return accounts.names_of(ids)


def _sender(case: Case, people: Mapping[int, str]) -> str:
    if case.anonymous:
        return _("不留名字")
    if case.sender_id is not None:
        return people.get(case.sender_id, "")
    return " · ".join(filter(None, (str(case.channel.label), case.caller_name)))


def _why(case: Case) -> str:
    """Why the case came here first: the rule, or the strongest words and how sure they made us."""
    if case.route_how is None:
        return _("还没有分给部门。")
    how, known = str(case.route_how.label), case.route_why
    if case.route_how in (RouteHow.RULE, RouteHow.SAFETY) and known.get("rule"):
        return _("%(how)s：“%(rule)s”", how=how, rule=known["rule"])
    first = next(iter(known.get("top3") or ()), None)
    if case.route_how is RouteHow.CLASSIFIER and first:
        words = "、".join(first.get("words", ())[:4])
        percent = round(100 * float(first.get("confidence", case.route_confidence or 0)))
        return _("%(how)s：%(words)s（%(percent)s%%）", how=how, words=words, percent=percent)
    return how


def _chain(case: Case, events: Sequence[CaseEvent], names: Mapping[str, str]) -> list[str]:
    """Every department that was responsible, the first-asked one first."""
    codes = [case.first_department] if case.first_department else []
    moved = (EventType.HANDED_OVER, EventType.ADJUDICATED)
    codes += [event.to_department for event in events if event.type in moved and event.to_department]
    return [names.get(code, code) for n, code in enumerate(codes) if n == 0 or code != codes[n - 1]]


def _may(
    actor: Actor, case: Case, recipient: bool, events: Sequence[CaseEvent], waiting: Answer | None
) -> frozenset[str]:
    """The steps that ``actor`` can take now, by the names of their addresses."""
    types = {event.type for event in events}
    handles = policy.can_handle(actor, case, recipient)
    others = waiting is not None and waiting.author_id != actor.id
    able = {
        "accept": policy.can_accept(actor, case, recipient),
        "return": policy.can_accept(actor, case) and not case.confidential,
        "offer": policy.can_offer(actor, case) and not case.confidential,
        "handover": case.offered_to is not None and policy.can_decide_handover(actor, case),
        "assign": policy.holds(actor, case) and case.is_open,
        "extend": handles and EventType.EXTENDED not in types,
        "change": policy.can_correct(actor, case),
        "join": policy.can_join(actor, case),
        "split": policy.can_join(actor, case) and case.state in HELD and case.parent_id is None,
        "decide": others and policy.is_head(actor, case.department_code),
    }
    return frozenset(step for step, allowed in able.items() if allowed)


def _modes(
    actor: Actor, case: Case, recipient: bool, events: Sequence[CaseEvent], waiting: Answer | None
) -> list[str]:
    """What can be written now: to the sender while the case is ours, a note always."""
    types = {event.type for event in events}
    handles = policy.can_handle(actor, case, recipient)
    able = {
        "answer": handles and waiting is None and policy.can_answer_again(actor, case),
        "progress": handles,
        "acted": handles and case.urgent and EventType.ACTED not in types,
        "ask": handles and EventType.ASKED not in types and (case.anonymous or case.sender_id is not None),
        "note": True,
    }
    return [mode for mode, allowed in able.items() if allowed]


def _colleagues(case: Case) -> Sequence[Any]:
    """Who may be given the case, or be named in a note; of a report its readers only."""
    if case.confidential:
        return inbox_queries.people(queries.recipient_ids(case.id))
    codes = [code for code in (case.department_code, case.offered_to) if code]
    return inbox_queries.colleagues(codes)


def _sent_back(answers: Sequence[Answer]) -> Answer | None:
    return answers[-1] if answers and answers[-1].state is AnswerState.SENT_BACK else None


def _draft(case: Case, answers: Sequence[Answer], parts: Sequence[Case]) -> str:
    """What the box begins with: an answer that the head sent back, or what the parts answered."""
    back = _sent_back(answers)
    if back is not None:
        return back.body
    return service.suggest_parts(case) if parts and case.is_open else ""


def _templates(
    actor: Actor, case: Case, people: Mapping[int, str], names: Mapping[str, str]
) -> list[tuple[str, str]]:
    rows = queries.templates([case.department_code] if case.department_code else sorted(actor.departments))
    return [(row.name, filled(row, case, people, names)) for row in rows]


def filled(row: AnswerTemplate, case: Case, people: Mapping[int, str], names: Mapping[str, str]) -> str:
    """A template with this case in its gaps; what is not known leaves none."""
    name = "" if case.anonymous else people.get(case.sender_id or 0, case.caller_name)
    due: datetime | None = case.answer_due_at
    values = {
        "{name}": name,
        "{no}": case.no,
        "{place}": inboxing.place(case),
        "{department}": names.get(case.department_code or "", ""),
        "{due}": fmt_when(due) if due else "",
    }
    text = row.body
    for gap, value in values.items():
        text = text.replace(gap, value)
    return text
