"""Puts the administrators' pages into the application."""

from __future__ import annotations

from flask import Flask

from campus_service.admin import calendar_views, metrics, views, words_views


def init_app(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(metrics.pages)
    app.register_blueprint(views.pages)
    app.register_blueprint(calendar_views.pages)
    app.register_blueprint(words_views.pages)
