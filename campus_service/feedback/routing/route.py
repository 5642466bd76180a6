"""Where a message goes and why: safety words, then the rules, then the classifier if it is sure, else a coordinator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from campus_service.feedback.routing import rules as ruling
from campus_service.feedback.routing.classifier import CANDIDATES, Candidate, Model, shipped
from campus_service.feedback.routing.rules import Rule
from campus_service.feedback.routing.safety import Alarm, alarm, learnt
from campus_service.feedback.states import Kind, RouteHow

# A rule that is not firm, and safety words but those of self-harm, need this much of the classifier's belief.
BELIEF = 0.1
SELF_HARM = frozenset({"self_harm", "selfharm", "roof"})
# What a rule or safety words leave to doubt, for the list of candidates.
SURE = 0.99


@dataclass(frozen=True, slots=True)
class Routing:
    """Where a message goes and why; ``department`` None: a coordinator decides (triage)."""

    urgent: bool
    department: str | None
    how: RouteHow
    confidence: float
    top3: tuple[Candidate, ...]
    rule_id: int | None = None
    # What decided, in words: the rule's name, or the words of the message that sound an alarm.
    reason: str = ""
    danger: str = ""

    def as_json(self) -> dict[str, Any]:
        """For the case's row."""
        said = {
            "how": self.how.value,
            "confidence": round(self.confidence, 4),
            "top3": [each.as_json() for each in self.top3],
        }
        if self.reason and self.how in (RouteHow.RULE, RouteHow.SAFETY):
            said["rule"] = self.reason
        if self.rule_id is not None:
            said["rule_id"] = self.rule_id
        if self.danger:
            said["danger"] = self.danger
        return said


def decide(
    *, title: str, body: str, area: str, kind: Kind | str, rules: Sequence[Rule], model: Model
) -> Routing:
    """Route one message. ``rules`` in their order; the same message with the same rules and model goes the same way."""
    text = f"{title}\n{body}"
    heard = alarm(title, body, kind) or learnt(model, title, body, kind)
    found = model.candidates(title, body)
    rule = ruling.first_match(rules, text, area, kind)
    if heard and heard.department and _goes(heard, found, rule, model):
        top = _first(found, heard.department, heard.words)
        return _routing(heard, RouteHow.SAFETY, top, reason="、".join(heard.words[:4]))
    if rule and not (rule.firm or _belief(found, rule.department) >= BELIEF):
        return _routing(heard, RouteHow.TRIAGE, found, rule_id=rule.id, reason=rule.name)
    if rule:
        top = _first(found, rule.department, ruling.words_of(rule, text))
        return _routing(heard, RouteHow.RULE, top, rule_id=rule.id, reason=rule.name)
    sure = found[0].confidence >= model.threshold
    return _routing(heard, RouteHow.CLASSIFIER if sure else RouteHow.TRIAGE, found)


def _goes(heard: Alarm, found: Sequence[Candidate], rule: Rule | None, model: Model) -> bool:
    """Whether the danger's own department is called; who may harm himself is never left to doubt."""
    if heard.danger in SELF_HARM:
        return True
    if heard.department is None or _belief(found, heard.department) < BELIEF:
        return False
    return heard.firm or not (rule or _surely_other(found, heard.department, model))


def _belief(found: Sequence[Candidate], department: str) -> float:
    return next((each.confidence for each in found if each.department == department), 0.0)


def _surely_other(found: Sequence[Candidate], department: str, model: Model) -> bool:
    return found[0].department != department and found[0].confidence >= model.threshold


def suggest_kind(text: str, model: Model | None = None) -> Kind:
    """What the sender probably wants; he sees it and can correct it. Never a report: that is the sender's own choice."""
    try:
        return Kind((model or shipped()).kind(text))
    except ValueError:
        return Kind.CONSULTATION


def _routing(
    heard: Alarm | None,
    how: RouteHow,
    top: tuple[Candidate, ...],
    rule_id: int | None = None,
    reason: str = "",
) -> Routing:
    return Routing(
        urgent=heard is not None,
        department=None if how is RouteHow.TRIAGE else top[0].department,
        how=how,
        confidence=top[0].confidence,
        top3=top,
        rule_id=rule_id,
        reason=reason,
        danger=heard.danger if heard else "",
    )


def _first(found: Sequence[Candidate], department: str, words: tuple[str, ...]) -> tuple[Candidate, ...]:
    """The candidates with the decided department first; the others share what doubt is left."""
    others = [each for each in found if each.department != department][: CANDIDATES - 1]
    doubt = sum(each.confidence for each in others) or 1.0
    rest = (replace(each, confidence=each.confidence / doubt * (1 - SURE)) for each in others)
    return (Candidate(department, SURE, words[:4]), *rest)
