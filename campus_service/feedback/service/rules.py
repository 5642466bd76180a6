"""The coordinator's ordered rules: written, moved, switched off, deleted; the first that matches wins."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select, update

from campus_service.core import audit
from campus_service.core.actor import Actor
from campus_service.core.clock import now
from campus_service.core.db import db
from campus_service.core.errors import Conflict, Invalid, NotFound
from campus_service.core.i18n import lazy
from campus_service.core.permissions import Permission as P
from campus_service.core.places import BY_CODE
from campus_service.feedback import queries
from campus_service.feedback.commands import MoveRule, SaveRule
from campus_service.feedback.models import RoutingRule
from campus_service.feedback.routing.defaults import DEFAULTS
from campus_service.feedback.service import record


def save_rule(actor: Actor, rule_id: int | None, command: SaveRule) -> RoutingRule:
    """Write a new rule (at the end, where it masks none) or change one. Needs feedback:rule:edit.

    Raises Invalid for a department or place that does not exist, Conflict when the rule changed meanwhile.
    """
    actor.require(P.FEEDBACK_RULE_EDIT)
    record.need_department(command.department)
    if unknown := set(command.areas) - BY_CODE.keys():
        raise Invalid({"areas": lazy("没有“%(code)s”这个地点，请从列表里选。", code=min(unknown))})
    row = RoutingRule(position=_end()) if rule_id is None else _rule(rule_id, command.version)
    before = None if rule_id is None else as_dict(row)
    row.name, row.department_code, row.active = command.name, command.department, command.active
    row.words, row.with_words, row.without_words = command.words, command.with_words, command.without_words
    row.areas, row.kinds = command.areas, [kind.value for kind in command.kinds]
    row.firm, row.updated_at = command.firm, now()
    db.session.add(row)
    db.session.flush()
    _note(actor, "saved", row, before, as_dict(row))
    return row


def move_rule(actor: Actor, rule_id: int, command: MoveRule) -> RoutingRule:
    """Put a rule at another place of the order; the others close up. Needs feedback:rule:edit."""
    actor.require(P.FEEDBACK_RULE_EDIT)
    # Locked, so that of two people who move rules at the same moment the second sees the first one's order.
    locked = select(RoutingRule).order_by(RoutingRule.position, RoutingRule.id).with_for_update()
    rows = list(db.session.scalars(locked.execution_options(populate_existing=True)))
    row = next((each for each in rows if each.id == rule_id), None)
    if row is None:
        raise NotFound(lazy("这条规则已经不在了。"))
    before = rows.index(row)
    rows.remove(row)
    rows.insert(command.position, row)
    _number([each.id for each in rows])
    if rows.index(row) != before:
        _note(actor, "moved", row, {"position": before}, {"position": rows.index(row)})
    return row


def switch_rule(actor: Actor, rule_id: int, active: bool) -> RoutingRule:
    """Switch a rule off without losing it, or on again. Needs feedback:rule:edit."""
    actor.require(P.FEEDBACK_RULE_EDIT)
    row = _rule(rule_id, 0)
    if row.active is not active:
        row.active, row.updated_at = active, now()
        db.session.flush()
        _note(actor, "switched_on" if active else "switched_off", row)
    return row


def delete_rule(actor: Actor, rule_id: int, version: int = 0) -> None:
    """Delete a rule; the audit log keeps its words. Needs feedback:rule:edit."""
    actor.require(P.FEEDBACK_RULE_EDIT)
    row = _rule(rule_id, version)
    before = as_dict(row)
    db.session.delete(row)
    db.session.flush()
    _number([each.id for each in queries.rules(active_only=False)])
    _note(actor, "deleted", row, before)


def default_rows() -> list[dict[str, Any]]:
    """The rules that a new site starts with, as rows in their order (migrations/seeds.py writes them)."""
    return [
        {
            "position": position,
            "name": rule.name,
            "words": list(rule.words),
            "with_words": list(rule.with_words),
            "without_words": list(rule.without_words),
            "areas": list(rule.areas),
            "kinds": list(rule.kinds),
            "department_code": rule.department,
            "firm": rule.firm,
            "active": True,
            "version": 1,
        }
        for position, rule in enumerate(DEFAULTS)
    ]


def as_dict(row: RoutingRule) -> dict[str, Any]:
    """What a rule says, for the audit log."""
    names = (
        "name",
        "department_code",
        "words",
        "with_words",
        "without_words",
        "areas",
        "kinds",
        "firm",
        "active",
    )
    return {name: getattr(row, name) for name in names}


def _note(
    actor: Actor,
    what: str,
    row: RoutingRule,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    audit.record(actor, f"rule.{what}", obj_type="routing_rules", obj_id=row.id, before=before, after=after)


def _end() -> int:
    last = db.session.scalar(select(func.max(RoutingRule.position)))
    return 0 if last is None else last + 1


def _number(ids: list[int]) -> None:
    # Beside the version: what a rule says did not change, an open editor stays valid.
    for position, rule_id in enumerate(ids):
        db.session.execute(
            update(RoutingRule)
            .where(RoutingRule.id == rule_id, RoutingRule.position != position)
            .values(position=position, version=RoutingRule.version)
        )


def _rule(rule_id: int, version: int) -> RoutingRule:
    row = db.session.get(RoutingRule, rule_id)
    if row is None:
        raise NotFound(lazy("这条规则已经不在了。"))
    if version and version != row.version:
        raise Conflict(lazy("另一位协调员刚刚改过这条规则，请先看看再存；你写的还在。"))
    return row
