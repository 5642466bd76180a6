"""Puts notifications into the application: their pages, the demo's mails, the number of unread ones."""

from __future__ import annotations

from typing import Any

from flask import Flask, g
from werkzeug.local import LocalProxy

from campus_service.core.http import current_actor
from campus_service.notifications import demo_views, personal, queries, tasks, views, webhook_views

__all__ = ["init_app", "personal", "tasks"]


def init_app(app: Flask) -> None:
    """Register the pages and the name ``unread_count`` for templates."""
    app.register_blueprint(views.pages)
    app.register_blueprint(demo_views.pages)
    app.register_blueprint(webhook_views.pages)
    app.context_processor(_names)


def _names() -> dict[str, Any]:
    # Counted when a template first looks at it: a fragment without the bar costs no query.
    return {"unread_count": LocalProxy(_unread)}


def _unread() -> int:
    if "unread_count" not in g:
        actor = current_actor()
        g.unread_count = queries.unread_count(actor.id) if actor.id is not None else 0
    return int(g.unread_count)
