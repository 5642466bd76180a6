"""Puts photos into the application: pages, API, jobs."""

from __future__ import annotations

from flask import Flask

from campus_service.media import api, personal, tasks, views

__all__ = ["init_app", "personal", "tasks"]


def init_app(app: Flask) -> None:
    """Register the blueprints; importing the tasks registers them."""
    app.register_blueprint(views.blueprint)
    app.register_blueprint(api.bp)
