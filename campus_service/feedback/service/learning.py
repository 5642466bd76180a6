"""The classifier learns from final holders: what it is trained on, and which model is used, never a clearly worse one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, select

from campus_service.core import audit
from campus_service.core.actor import Actor
from campus_service.core.clock import now
from campus_service.core.db import db
from campus_service.feedback import triage_queries
from campus_service.feedback.models import RoutingModel
from campus_service.feedback.routing import examples
from campus_service.feedback.routing.examples import Example

# A new model may be worse by so much in its cross-validated top-1: one point, which is chance.
WORSE = 0.01
# Models that are kept.
KEPT = 5
# A department of fewer messages cannot be cross-validated; it is learnt once it has more.
LEAST = 5
# The newest cases, so that training stays a matter of minutes however old the site is.
MOST = 20_000


@dataclass(frozen=True, slots=True)
class Trained:
    """A model as bytes, what it was trained on, and what cross-validation says of it."""

    weights: bytes
    samples: int
    figures: dict[str, float]


def material() -> list[Example]:
    """The shipped messages, and of this site the text of every case that ended, with who answered it."""
    own = [
        Example(row.title, row.body, row.department_code, row.kind.value, row.urgent)
        for row in triage_queries.learnt(MOST)
    ]
    found = [*examples.shipped(), *own]
    sizes = Counter(one.department for one in found)
    return [one for one in found if sizes[one.department] >= LEAST]


def train(found: Sequence[Example]) -> Trained:
    """Train with scikit-learn, which only the worker and the command line load."""
    from campus_service.feedback.routing import training

    samples = training.samples(found)
    return Trained(training.train(samples).dumps(), len(samples), cross_validated(found))


def cross_validated(found: Sequence[Example]) -> dict[str, float]:
    """How often the first, and one of the first three departments is right for messages it did not see."""
    from campus_service.feedback.routing import training

    scores, truth = training.held_out(training.samples(found))
    order = (-scores).argsort(axis=1)[:, :3]
    hits = order == truth[:, None]
    return {"top1": round(float(hits[:, 0].mean()), 4), "top3": round(float(hits.any(axis=1).mean()), 4)}


def bar() -> float:
    """The top-1 of the model that is used now: the newest trained here, else the shipped one."""
    present = db.session.scalar(select(RoutingModel).order_by(RoutingModel.id.desc()).limit(1))
    return float((present.figures if present else cross_validated(examples.shipped()))["top1"])


def keep_model(trained: Trained, least: float) -> RoutingModel | None:
    """Store a trained model, which every process uses from then on; of earlier ones the last few stay.

    Returns None, and the present one stays, when its top-1 is more than a point below ``least``.
    """
    if trained.figures["top1"] < least - WORSE:
        told = trained.figures | {"least": least}
        audit.record(Actor.system(), "model.refused", obj_type="routing_models", obj_id=None, after=told)
        return None
    row = RoutingModel(
        trained_at=now(), samples=trained.samples, figures=trained.figures, weights=trained.weights
    )
    db.session.add(row)
    db.session.flush()
    kept = list(db.session.scalars(select(RoutingModel.id).order_by(RoutingModel.id.desc()).limit(KEPT)))
    db.session.execute(delete(RoutingModel).where(RoutingModel.id.not_in(kept)))
    audit.record(
        Actor.system(), "model.trained", obj_type="routing_models", obj_id=row.id, after=trained.figures
    )
    return row
