"""What a department keeps at its desk: answer templates, and how it works."""

from __future__ import annotations

from campus_service.core import audit
from campus_service.core.actor import Actor
from campus_service.core.clock import now
from campus_service.core.db import db
from campus_service.core.errors import Forbidden
from campus_service.feedback import inbox_queries, policy
from campus_service.feedback.commands import SaveOptions, SaveTemplate
from campus_service.feedback.models import AnswerTemplate, DepartmentOption


def add_template(actor: Actor, department: str, command: SaveTemplate) -> AnswerTemplate:
    """A new template for the officers of ``department``; raises Forbidden for somebody else's."""
    if not policy.in_department(actor, department):
        raise Forbidden()
    row = AnswerTemplate(department_code=department, name=command.name, body=command.body, updated_at=now())
    db.session.add(row)
    db.session.flush()
    _note(actor, "added", row, after=_as_dict(row))
    return row


def save_template(actor: Actor, template_id: int, command: SaveTemplate) -> AnswerTemplate:
    """Change a template of one's own department; raises NotFound for another one's."""
    row = inbox_queries.template(actor, template_id)
    before = _as_dict(row)
    row.name, row.body, row.updated_at = command.name, command.body, now()
    db.session.flush()
    _note(actor, "saved", row, before, _as_dict(row))
    return row


def delete_template(actor: Actor, template_id: int) -> None:
    """Delete a template; the audit log keeps its words."""
    row = inbox_queries.template(actor, template_id)
    before = _as_dict(row)
    db.session.delete(row)
    db.session.flush()
    _note(actor, "deleted", row, before)


def save_options(actor: Actor, department: str, command: SaveOptions) -> DepartmentOption:
    """Whether the head approves answers, and whom a sender may call; the head decides. Raises Forbidden."""
    if not policy.is_head(actor, department):
        raise Forbidden()
    row = db.session.get(DepartmentOption, department) or DepartmentOption(department_code=department)
    before = {"needs_approval": bool(row.needs_approval)}
    row.needs_approval, row.contact = command.needs_approval, command.contact
    db.session.add(row)
    db.session.flush()
    after = {"needs_approval": row.needs_approval, "department": department}
    audit.record(
        actor, "department.options", obj_type="department_options", obj_id=None, before=before, after=after
    )
    return row


def _as_dict(row: AnswerTemplate) -> dict[str, str | None]:
    return {"department": row.department_code, "name": row.name, "body": row.body}


def _note(
    actor: Actor,
    what: str,
    row: AnswerTemplate,
    before: dict[str, str | None] | None = None,
    after: dict[str, str | None] | None = None,
) -> None:
    audit.record(
        actor, f"template.{what}", obj_type="answer_templates", obj_id=row.id, before=before, after=after
    )
