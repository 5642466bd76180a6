"""What routing knows at this moment: the coordinator's rules and the newest trained model, kept per process."""

from __future__ import annotations

import structlog
from sqlalchemy import func, select

from campus_service.core.db import db
from campus_service.core.settings import belongings
from campus_service.feedback import queries
from campus_service.feedback.models import RoutingModel, RoutingRule
from campus_service.feedback.routing.classifier import Model, shipped
from campus_service.feedback.routing.rules import Rule

log = structlog.get_logger(__name__)
KEY = "campus_routing_model"


def rules() -> list[Rule]:
    """The active rules, in order."""
    return [as_rule(row) for row in queries.rules()]


def as_rule(row: RoutingRule) -> Rule:
    """A row of the editor as routing takes it."""
    return Rule(
        id=row.id,
        name=row.name,
        words=tuple(row.words),
        with_words=tuple(row.with_words),
        without_words=tuple(row.without_words),
        areas=tuple(row.areas),
        kinds=tuple(row.kinds),
        department=row.department_code,
        firm=row.firm,
    )


def model() -> Model:
    """The newest model: trained here, else the one that is shipped."""
    newest = db.session.scalar(select(func.max(RoutingModel.id))) or 0
    kept = belongings().get(KEY)
    if kept is None or kept[0] != newest:
        kept = belongings()[KEY] = (newest, _load(newest))
    loaded: Model = kept[1]
    return loaded


def _load(model_id: int) -> Model:
    """The model of a row; a format of another release is not read, the shipped one serves until the next training."""
    if not model_id:
        return shipped()
    row = select(RoutingModel.weights).where(RoutingModel.id == model_id)
    try:
        return Model.loads(db.session.execute(row).scalar_one())
    except ValueError:
        log.warning("the trained routing model cannot be read, the shipped one is used", model=model_id)
        return shipped()
