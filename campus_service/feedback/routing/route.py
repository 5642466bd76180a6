"""A stand-in until routing's own module replaces this file: a few words decide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from campus_service.feedback.routing.classifier import Model
from campus_service.feedback.routing.rules import Rule
from campus_service.feedback.states import Kind, RouteHow


@dataclass(frozen=True, slots=True)
class Routing:
    """Where a message goes and why."""

    urgent: bool
    department: str | None
    how: RouteHow
    confidence: float

    def as_json(self) -> dict[str, Any]:
        """For the case's row."""
        return {"how": self.how.value, "top3": []}


def decide(
    *, title: str, body: str, area: str, kind: Kind, rules: Sequence[Rule], model: Model
) -> Routing:
    """Logistics for lamps and water, else triage."""
    text = title + body
    urgent = "冒烟" in text
    known = any(word in text for word in ("灯", "水龙头", "冒烟"))
    return Routing(urgent, "logistics" if known else None, RouteHow.RULE if known else RouteHow.TRIAGE, 1.0)


def suggest_kind(text: str) -> Kind:
    """Question or request."""
    return Kind.CONSULTATION if "?" in text or "？" in text else Kind.REQUEST
