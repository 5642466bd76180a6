"""Puts search into the application: its jobs, and a first build where there is no index yet."""

from __future__ import annotations

from flask import Flask

from campus_service.search import synonyms, tasks, views

__all__ = ["init_app", "tasks"]


def init_app(app: Flask) -> None:
    """Register the page, and load the dictionary once, before the server forks its workers."""
    app.register_blueprint(views.bp)
    synonyms.warm()
