"""What every step of the newsroom leaves behind: its line in the audit log."""

from __future__ import annotations

from typing import Any

from campus_service.bulletin.models import Article, Issue
from campus_service.core import audit
from campus_service.core.actor import Actor


def note(actor: Actor, thing: Article | Issue, action: str, **after: Any) -> None:
    """Note ``article.<action>`` or ``issue.<action>`` in the audit log; never the text itself."""
    kind, table = ("article", "articles") if isinstance(thing, Article) else ("issue", "issues")
    audit.record(actor, f"{kind}.{action}", obj_type=table, obj_id=thing.id, after=after)
