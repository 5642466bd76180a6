"""Puts the bulletin into the application: pages, feeds, jobs, photo rules, navigation."""

from __future__ import annotations

from importlib import import_module

from flask import Flask

from campus_service.bulletin import policy, queries, tasks
from campus_service.bulletin.models import Article, ArticleImage
from campus_service.core.actor import Actor
from campus_service.core.db import db
from campus_service.media import service as media

__all__ = ["init_app", "tasks"]  # importing it registers the jobs
BLUEPRINTS: tuple[str, ...] = ()


def init_app(app: Flask) -> None:
    """Register everything that people and programs reach."""
    for name in BLUEPRINTS:
        app.register_blueprint(import_module(f"campus_service.bulletin.{name}").bp)
    media.allow("article_image", _may_see_picture)


def _may_see_picture(actor: Actor, image_id: int) -> bool:
    """A picture of a draft: whoever reads the draft."""
    image = db.session.get(ArticleImage, image_id)
    article = db.session.get(Article, image.article_id) if image else None
    return article is not None and policy.can_read(actor, article, queries.assigned(actor, article.id))
