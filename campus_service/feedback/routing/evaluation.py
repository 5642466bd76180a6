"""How good routing is, on messages it has not seen: the whole, the rules alone, the classifier alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from campus_service.feedback.routing.classifier import Candidate, Model
from campus_service.feedback.routing.defaults import DEFAULTS
from campus_service.feedback.routing.examples import Example
from campus_service.feedback.routing.route import Routing, decide, suggest_kind
from campus_service.feedback.routing.rules import Rule, first_match
from campus_service.feedback.states import RouteHow

OTHER = "other"


@dataclass(frozen=True, slots=True)
class Asked:
    """One message and what routing said of it."""

    example: Example
    routing: Routing
    # What the classifier alone says, and from which confidence on it would go by itself.
    candidates: tuple[Candidate, ...]
    threshold: float
    rule: Rule | None
    kind: str


def ask(model: Model, examples: Sequence[Example], rules: Sequence[Rule] = DEFAULTS) -> list[Asked]:
    """Route ``examples`` as the site would."""
    return [_ask(model, one, rules) for one in examples]


def _ask(model: Model, one: Example, rules: Sequence[Rule]) -> Asked:
    routing = decide(title=one.title, body=one.body, area=OTHER, kind=one.kind, rules=rules, model=model)
    return Asked(
        one,
        routing,
        model.candidates(one.title, one.body),
        model.threshold,
        first_match(rules, f"{one.title}\n{one.body}", OTHER, one.kind),
        suggest_kind(f"{one.title}\n{one.body}", model),
    )


def held_out(
    train: Sequence[Example], test: Sequence[Example], rules: Sequence[Rule] = DEFAULTS
) -> list[Asked]:
    """Train on the one, ask the other."""
    from campus_service.feedback.routing import training

    return ask(training.train(training.samples(train)), test, rules)


def cross_validated(examples: Sequence[Example], rules: Sequence[Rule] = DEFAULTS) -> list[Asked]:
    """Each message is asked of a model that was trained, and calibrated, without it."""
    from campus_service.feedback.routing import training

    found = training.samples(examples)
    asked: list[Asked] = []
    # Another split than the one inside training, so that neither sees through the other.
    for learn, test in training.folds(found, seed=1):
        model = training.train([found[at] for at in learn])
        asked += ask(model, [examples[at] for at in test], rules)
    return asked


def figures(asked: Sequence[Asked]) -> dict[str, Any]:
    """The figures of the evaluation table; a share of nothing is None."""
    alone = [one for one in asked if one.rule]
    sure = [one for one in asked if one.candidates[0].confidence >= one.threshold]
    moved = [one for one in asked if one.routing.department is not None]
    alarms = [one for one in asked if one.routing.urgent]
    urgent = [one for one in asked if one.example.urgent]
    found = sum(one.routing.urgent for one in urgent)
    return {
        "messages": len(asked),
        "top1": _share(sum(_right(one, one.routing.top3, 1) for one in asked), len(asked)),
        "top3": _share(sum(_right(one, one.routing.top3, 3) for one in asked), len(asked)),
        "automatic": _share(len(moved), len(asked)),
        "precision": _share(
            sum(one.routing.department == one.example.department for one in moved), len(moved)
        ),
        "urgent": {
            "messages": len(urgent),
            "recall": _share(found, len(urgent)),
            "precision": _share(found, len(alarms)),
        },
        "how": {how.value: sum(one.routing.how is how for one in asked) for how in _HOWS},
        "rules_only": {
            "automatic": _share(len(alone), len(asked)),
            "precision": _share(
                sum(one.rule.department == one.example.department for one in alone if one.rule), len(alone)
            ),
        },
        "classifier_only": {
            "top1": _share(sum(_right(one, one.candidates, 1) for one in asked), len(asked)),
            "top3": _share(sum(_right(one, one.candidates, 3) for one in asked), len(asked)),
            "automatic": _share(len(sure), len(asked)),
            "precision": _share(sum(_right(one, one.candidates, 1) for one in sure), len(sure)),
        },
        "kind": _share(sum(one.kind == one.example.kind for one in asked), len(asked)),
        "confusions": _confusions(asked),
    }


_HOWS = (RouteHow.SAFETY, RouteHow.RULE, RouteHow.CLASSIFIER, RouteHow.TRIAGE)


def _right(one: Asked, top: Sequence[Candidate], among: int) -> bool:
    return one.example.department in [each.department for each in top[:among]]


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _confusions(asked: Sequence[Asked]) -> list[dict[str, Any]]:
    pairs = Counter((one.example.department, one.routing.top3[0].department) for one in asked)
    return [
        {"department": right, "first": first, "messages": number}
        for (right, first), number in sorted(pairs.items(), key=lambda item: (-item[1], item[0]))
        if right != first
    ]


def table(found: dict[str, Any]) -> str:
    """The figures as a terminal shows them."""
    rows = [
        ("", "top-1", "top-3", "by itself", "precision"),
        ("all together", *(_percent(found[key]) for key in ("top1", "top3", "automatic", "precision"))),
        ("rules only", "", "", *(_percent(found["rules_only"][key]) for key in ("automatic", "precision"))),
        (
            "classifier only",
            *(_percent(found["classifier_only"][key]) for key in ("top1", "top3", "automatic", "precision")),
        ),
    ]
    lines = [f"{found['messages']} messages", ""]
    lines += [f"{name:<16}" + "".join(f"{cell:>11}" for cell in cells) for name, *cells in rows]
    urgent = found["urgent"]
    lines += [
        "",
        f"urgent: {urgent['messages']} messages, recall {_percent(urgent['recall'])}, precision {_percent(urgent['precision'])}",
        "decided by: " + ", ".join(f"{how} {number}" for how, number in found["how"].items()),
        f"kind guessed: {_percent(found['kind'])}",
    ]
    worst = [f"{each['department']} → {each['first']} {each['messages']}" for each in found["confusions"][:8]]
    return "\n".join([*lines, *(["confusions: " + ", ".join(worst)] if worst else [])])


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"
