"""Puts the page of one's own data into the application, and its jobs."""

from __future__ import annotations

from flask import Flask

from campus_service.privacy import tasks, views

__all__ = ["init_app", "tasks"]  # importing the tasks registers the jobs


def init_app(app: Flask) -> None:
    """Register the page."""
    app.register_blueprint(views.bp)
