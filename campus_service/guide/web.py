"""Puts the service guide into the application: its pages and its place in the navigation."""

from __future__ import annotations

from flask import Flask

from campus_service.core.i18n import lazy
from campus_service.core.page import NAV
from campus_service.guide import source, views

__all__ = ["init_app", "source"]  # importing the source registers it


def init_app(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(views.bp)


# On wide screens only: the phone's bar of five is full.
NAV.append({"key": "guide", "label": lazy("办事指南"), "endpoint": "guide.index", "icon": "book"})
