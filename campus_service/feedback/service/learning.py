"""What the classifier learns from, and which trained model is used: never one that is clearly worse."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, select

from campus_service.core import audit
from campus_service.core.actor import Actor
from campus_service.core.clock import now
from campus_service.core.db import db
from campus_service.feedback.models import RoutingModel

# A new model may be worse by so much in its cross-validated top-1: one point, which is chance.
WORSE = 0.01
# Earlier models that are kept, to go back to by hand.
KEPT = 5


def keep_model(
    weights: bytes, samples: int, figures: dict[str, Any], least: float = 0.0
) -> RoutingModel | None:
    """Store a trained model, which every process uses from then on, and drop all but the last five.

    Returns None, and keeps the present one, when its top-1 is worse by more than a point. ``least``: the top-1 of
    the shipped model, which is the present one while nothing was trained here.
    """
    present = db.session.scalar(select(RoutingModel).order_by(RoutingModel.id.desc()).limit(1))
    bar = float(present.figures.get("top1", 0.0)) if present else least
    if float(figures["top1"]) < bar - WORSE:
        audit.record(
            Actor.system(),
            "model.refused",
            obj_type="routing_models",
            obj_id=None,
            after={"figures": figures, "bar": bar},
        )
        return None
    row = RoutingModel(trained_at=now(), samples=samples, figures=figures, weights=weights)
    db.session.add(row)
    db.session.flush()
    kept = select(RoutingModel.id).order_by(RoutingModel.id.desc()).limit(KEPT)
    ids = list(db.session.scalars(kept))
    db.session.execute(delete(RoutingModel).where(RoutingModel.id.not_in(ids)))
    audit.record(Actor.system(), "model.trained", obj_type="routing_models", obj_id=row.id, after=figures)
    return row
