"""The rules' tester: which rules a message meets, which one wins and masks the others, what the classifier would say;
and of each rule what it catches of the newest cases, how many of those ended with its department, and what masks it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from campus_service.core.actor import Actor
from campus_service.core.i18n import _
from campus_service.core.places import area_label, area_of
from campus_service.feedback import brain, queries, triage_queries
from campus_service.feedback.likeliest import Candidate, candidates, outcome
from campus_service.feedback.models import Case, RoutingRule
from campus_service.feedback.routing.route import decide, suggest_kind
from campus_service.feedback.routing.rules import Rule, explain, masking, meets
from campus_service.feedback.states import CaseState, Kind, RouteHow

# Examples of what a rule catches, on its own page.
EXAMPLES = 8


@dataclass(frozen=True, slots=True)
class Met:
    """A rule that a message meets: it wins, or an earlier one masks it."""

    id: int
    position: int
    name: str
    asks: str
    department: str
    wins: bool
    masked_by: str


@dataclass(frozen=True, slots=True)
class Tried:
    """What the tester says of one message."""

    text: str
    place: str
    shown: str
    verdict: str
    matching: list[Met]
    candidates: list[Candidate]


def try_case(case: Case) -> Tried:
    """What would happen to a case that came before."""
    return _try(case.title, case.body, case.area, case.kind, case.place)


def try_text(text: str, place: str, kind: Kind | None) -> Tried:
    """What would happen to a message like this; its place and kind are found as the site finds them."""
    return _try("", text, area_of(f"{place} {text}"), kind or suggest_kind(text), place)


def _try(title: str, body: str, area: str, kind: Kind, place: str) -> Tried:
    rules = brain.rules()
    verdict = decide(title=title, body=body, area=area, kind=kind, rules=rules, model=brain.model())
    # What the classifier would say if there were no rules and no safety words.
    said = candidates(replace(verdict, how=RouteHow.TRIAGE, top3=brain.model().candidates(title, body)))
    places = {row.id: place for place, row in enumerate(queries.rules(active_only=False))}
    met = explain(rules, f"{title}\n{body}", area, kind)
    masked = met.winner.name if met.winner else ""
    matching = [
        Met(rule.id, places[rule.id], rule.name, asks(rule), rule.department, at == 0, masked if at else "")
        for at, rule in enumerate(met.matching)
    ]
    return Tried(body, place, f"{title}\n{body}".strip(), outcome(verdict), matching, said)


@dataclass(slots=True)
class Measured:
    """One rule in the list, with what it does to the newest cases."""

    id: int
    position: int
    name: str
    asks: str
    department: str
    active: bool
    caught: int = 0  # cases it matches
    won: int = 0  # of these: no earlier rule matches
    judged: int = 0  # of these: ended
    right: int = 0  # of these: by its department
    masks: dict[str, int] = field(default_factory=dict)
    useless: str = ""  # why it can never decide anything, whatever comes
    examples: list[Any] = field(default_factory=list)

    @property
    def precision(self) -> float | None:
        """Of the cases it decided and that ended, those that its department answered."""
        return self.right / self.judged if self.judged else None

    @property
    def masked_by(self) -> list[str]:
        """The earlier rules that take cases from it, with how many."""
        ordered = sorted(self.masks.items(), key=lambda item: -item[1])
        return [_("%(name)s（%(n)s 件）", name=name, n=number) for name, number in ordered]


@dataclass(frozen=True, slots=True)
class Sheet:
    """All rules in their order, and how many cases they were measured with."""

    rules: list[Measured]
    measured: int


@dataclass(frozen=True, slots=True)
class Closely:
    """One rule, looked at closely."""

    rule: Measured
    examples: list[Any]
    measured: int


def sheet(actor: Actor) -> Sheet:
    """Each rule with its figures. Needs feedback:rule:edit."""
    rows = queries.rules(active_only=False)
    cases = triage_queries.measured_cases(actor)
    found = {row.id: _measured(place, row) for place, row in enumerate(rows)}
    active = [brain.as_rule(row) for row in rows if row.active]
    for standing in masking(active):
        over = found[standing.covered_by].name if standing.covered_by else ""
        found[standing.rule.id].useless = (
            _("它要的和它排除的自相矛盾")
            if standing.impossible
            else _("被“%(name)s”完全盖住", name=over)
            if over
            else ""
        )
    for case in cases:
        _count([(found[rule.id], rule) for rule in active], case)
    return Sheet(list(found.values()), len(cases))


def _measured(place: int, row: RoutingRule) -> Measured:
    return Measured(row.id, place, row.name, asks(brain.as_rule(row)), row.department_code, row.active)


def _count(active: Sequence[tuple[Measured, Rule]], case: Any) -> None:
    """Let one case pass the rules: the first that matches wins it, the others are masked by that one."""
    text = f"{case.title}\n{case.body}"
    winner: Measured | None = None
    for measured, rule in active:
        if not meets(rule, text, case.area, case.kind):
            continue
        measured.caught += 1
        if winner is not None:
            measured.masks[winner.name] = measured.masks.get(winner.name, 0) + 1
            continue
        winner = measured
        measured.won += 1
        if len(measured.examples) < EXAMPLES:
            measured.examples.append(case)
        if case.state in (CaseState.ANSWERED, CaseState.CLOSED):
            measured.judged += 1
            measured.right += case.department_code == measured.department


def measure_one(actor: Actor, rule_id: int) -> Closely | None:
    """One rule with examples of what it decided. Needs feedback:rule:edit."""
    whole = sheet(actor)
    rule = next((each for each in whole.rules if each.id == rule_id), None)
    return Closely(rule, rule.examples, whole.measured) if rule else None


def asks(rule: Rule) -> str:
    """What a rule asks for, in a sentence."""
    parts = []
    if rule.words:
        parts.append(_("有%(words)s", words=_("、").join(rule.words)))
    if rule.with_words:
        parts.append(_("又有%(words)s", words=_("、").join(rule.with_words)))
    if rule.without_words:
        parts.append(_("没有%(words)s", words=_("、").join(rule.without_words)))
    if rule.areas:
        parts.append(_("在%(places)s", places=_("、").join(str(area_label(code)) for code in rule.areas)))
    if rule.kinds:
        parts.append(_("、").join(str(Kind(kind).label) for kind in rule.kinds))
    return _("；").join(parts)
