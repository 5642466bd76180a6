"""Puts the bulletin into the application: pages, feeds, jobs, photo rules, navigation."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module

from flask import Flask, current_app

from campus_service.bulletin import personal, policy, queries, source, tasks, views
from campus_service.bulletin.models import Article, ArticleImage
from campus_service.core.actor import Actor
from campus_service.core.db import db
from campus_service.core.i18n import LazyString, lazy
from campus_service.core.page import FRONT, NAV
from campus_service.core.permissions import Permission as P
from campus_service.media import service as media

__all__ = ["init_app", "personal", "source", "tasks"]  # importing them registers what they say
BLUEPRINTS: tuple[str, ...] = (
    "views",
    "feeds_views",
    "events_views",
    "reads_views",
    "subscribing_views",
    "mailing_views",
    "posters_views",
    "boards_views",
    "wechat_views",
    "newsroom_views",
    "editor_views",
    "review_views",
    "issues_views",
)


@dataclass(frozen=True, slots=True)
class Place:
    """One entry of the newsroom's navigation."""

    key: str
    url: str
    label: LazyString
    needs: P


PLACES = (
    Place("articles", "/newsroom", lazy("稿件"), P.BULLETIN_ARTICLE_WRITE),
    Place("issues", "/newsroom/issues", lazy("期刊"), P.BULLETIN_ARTICLE_WRITE),
    Place("posters", "/newsroom/posters", lazy("海报"), P.BULLETIN_BOARD_MANAGE),
    Place("mailings", "/newsroom/mailings", lazy("邮件"), P.BULLETIN_MAILING_MANAGE),
)


def newsroom_places(actor: Actor) -> list[Place]:
    """Where ``actor`` may go in the newsroom, as far as the site has it."""
    there = {rule.rule for rule in current_app.url_map.iter_rules()}
    return [place for place in PLACES if place.url in there and actor.can(place.needs)]


def init_app(app: Flask) -> None:
    """Register everything that people and programs reach."""
    for name in BLUEPRINTS:
        app.register_blueprint(import_module(f"campus_service.bulletin.{name}").bp)
    app.jinja_env.globals["newsroom_places"] = newsroom_places
    media.allow("article_image", _may_see_picture)


def _may_see_picture(actor: Actor, image_id: int) -> bool:
    """A picture of a draft: whoever reads the draft."""
    image = db.session.get(ArticleImage, image_id)
    article = db.session.get(Article, image.article_id) if image else None
    return article is not None and policy.can_read(actor, article, queries.assigned(actor, article.id))


FRONT.append(views.front)
NAV.append({"key": "compass", "label": lazy("指南针"), "endpoint": "compass.index", "icon": "compass"})
