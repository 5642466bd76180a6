"""Puts the registry into the application: pages, API, jobs, photo rules, navigation."""

from __future__ import annotations

from importlib import import_module

from flask import Flask

from campus_service.core.actor import Actor
from campus_service.core.errors import NotFound, SignInNeeded
from campus_service.core.i18n import lazy
from campus_service.core.page import MINE, NAV, Section
from campus_service.core.permissions import Permission
from campus_service.lostfound import followable, letters, mine, personal, queries, source, tasks
from campus_service.media import service as media

__all__ = ["init_app", "personal", "source", "tasks"]  # importing them registers what they say
BLUEPRINTS = (
    "home_views",
    "announcing_views",
    "views",
    "mine_views",
    "desk_views",
    "matching_views",
    "labels_views",
    "keeping_views",
    "retention_views",
    "custody_views",
    "stocktake_views",
    "scan_views",
    "figures_views",
    "thanks_views",
    "signals_views",
    "contact_views",
    "moving_views",
    "custody_api",
    "api",
    "api_keeping",
)


def init_app(app: Flask) -> None:
    """Register everything that people and programs reach."""
    for name in BLUEPRINTS:
        app.register_blueprint(import_module(f"campus_service.lostfound.{name}").bp)
    followable.register()
    media.allow("claim", _may_see_claim_photo)
    for owner in ("found_item", "lost_report"):
        media.allow(owner, _is_staff)


def _is_staff(actor: Actor, _report_id: int) -> bool:
    """Photos that the public may not see are for the desks; their uploader sees them anyway."""
    return actor.can(Permission.LOSTFOUND_PRIVATE_READ)


def _may_see_claim_photo(actor: Actor, claim_id: int) -> bool:
    """A claim's proof photos are for its claimant and the staff."""
    try:
        queries.claim(actor, claim_id)
    except (NotFound, SignInNeeded):
        return False
    return True


NAV[:] = [
    {"key": "home", "label": lazy("首页"), "endpoint": "home", "icon": "home"},
    {"key": "lostfound", "label": lazy("失物招领"), "endpoint": "lostfound.index", "icon": "box"},
]
MINE[:] = [
    lambda actor: Section("me/_claims.html", mine.claims(actor)),
    lambda actor: Section("me/_reports.html", mine.reports(actor)),
    lambda actor: Section("me/_letters.html", letters.mine(actor)),
]
