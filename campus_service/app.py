"""create_app(): settings, extensions, blueprints, error handlers."""

from __future__ import annotations

import os
import sqlite3
from importlib import import_module
from pathlib import Path

from flask import Flask
from flask_migrate import Migrate
from sqlalchemy import make_url, text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from werkzeug.middleware.proxy_fix import ProxyFix

from campus_service import assets
from campus_service.config import BadSetting, Settings
from campus_service.core import health, http, log, page, ratelimit
from campus_service.core.db import db, prepare_engine
from campus_service.core.settings import KEY
from campus_service.jobs import queue

PARTS = (
    "accounts",
    "media",
    "search",
    "notifications",
    "following",
    "lostfound",
    "bulletin",
    "feedback",
    "guide",
    "privacy",
    "admin",
)
MAX_BODY = 6 * 8 * 1024 * 1024 + 64 * 1024


def create_app(settings: Settings | None = None) -> Flask:
    """Build the application.

    Raises BadSetting, in one line, when a setting is missing or unknown or the database is out of reach.
    """
    settings = settings or Settings.from_env(os.environ)
    log.configure(settings.log_level)
    app = Flask(
        "campus_service",
        template_folder=str(assets.folder("templates")),
        static_folder=str(assets.folder("static")),
        instance_path=str(settings.data_dir.absolute()),
    )
    app.extensions[KEY] = settings
    app.config.update(
        SECRET_KEY=settings.secret_key.get_secret_value(),
        SQLALCHEMY_DATABASE_URI=_database(settings),
        SQLALCHEMY_ENGINE_OPTIONS={"pool_pre_ping": not settings.sqlalchemy_url.startswith("sqlite")},
        MAX_CONTENT_LENGTH=MAX_BODY,
        MAX_FORM_MEMORY_SIZE=512 * 1024,
    )
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    db.init_app(app)
    Migrate(app, db, directory=str(Path(__file__).parent / "migrations"))
    with app.app_context():
        prepare_engine(db.engine)
        _reach_database(settings)
    http.init_app(app)
    page.init_app(app)
    ratelimit.init_app(app)
    health.init_app(app)
    _open_queue(app, settings.data_dir)
    for part in PARTS:
        import_module(f"campus_service.{part}.web").init_app(app)
    return app


def _database(settings: Settings) -> str:
    try:
        url = make_url(settings.sqlalchemy_url)
    except ArgumentError:
        raise BadSetting(
            "CAMPUS_DATABASE_URL is not a database address: use sqlite:///… or postgresql+psycopg://…"
        ) from None
    if url.drivername not in ("sqlite", "postgresql+psycopg"):
        raise BadSetting(
            f"CAMPUS_DATABASE_URL: {url.drivername} is not served: use sqlite:///… or postgresql+psycopg://…"
        )
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadSetting(f"CAMPUS_DATA_DIR: cannot create {settings.data_dir}: {error.strerror}") from None
    return settings.sqlalchemy_url


def _open_queue(app: Flask, data_dir: Path) -> None:
    try:
        queue.init_app(app, data_dir)
    except sqlite3.Error as error:
        mend = "move the file away, nothing is lost: the jobs are in the database"
        raise BadSetting(f"CAMPUS_DATA_DIR: cannot use {data_dir / 'queue.db'}: {error}; {mend}") from None


def _reach_database(settings: Settings) -> None:
    try:
        with db.engine.connect() as connection:
            connection.execute(text("SELECT 1"))
        # A web server that forks must not hand this connection on to its workers.
        db.engine.dispose()
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", error)).splitlines()[0]
        where = make_url(settings.sqlalchemy_url).render_as_string(hide_password=True)
        raise BadSetting(f"CAMPUS_DATABASE_URL: no database at {where}: {reason}") from None
