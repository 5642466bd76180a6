"""Puts kept searches into the application: pages and jobs."""

from __future__ import annotations

from flask import Flask

from campus_service.following import personal, tasks, views

__all__ = ["init_app", "personal", "tasks"]  # importing them registers the jobs and the copy


def init_app(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(views.bp)
