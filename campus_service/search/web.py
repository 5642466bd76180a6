"""Puts search into the application: its jobs, and a first build where there is no index yet."""

from __future__ import annotations

from flask import Flask

from campus_service.search import synonyms, tasks

__all__ = ["init_app", "tasks"]


def init_app(_app: Flask) -> None:
    """Load the dictionary once, before the server forks its workers."""
    synonyms.warm()
