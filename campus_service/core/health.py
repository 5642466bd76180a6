"""/healthz: this process answers. /readyz: it can serve, its database is there and up to date."""

from __future__ import annotations

import structlog
from flask import Blueprint, Flask, Response, jsonify
from sqlalchemy.exc import SQLAlchemyError

from campus_service.core import schema

log = structlog.get_logger(__name__)
pages = Blueprint("health", __name__)


def init_app(app: Flask) -> None:
    """Put both addresses into ``app``."""
    app.register_blueprint(pages)


@pages.after_request
def _keep_nowhere(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response


@pages.get("/healthz")
def alive() -> Response:
    """Answer without touching the database: for whoever restarts dead processes."""
    return jsonify(status="ok")


@pages.get("/readyz")
def ready() -> tuple[Response, int]:
    """Say whether requests should be sent here; the reason is named, its details stay in the log."""
    problem = _problem()
    if problem:
        return jsonify(status="not ready", problem=problem), 503
    return jsonify(status="ready"), 200


def _problem() -> str:
    try:
        return "" if schema.is_current() else "migrations"
    except SQLAlchemyError as error:
        log.warning("not ready", error=type(error).__name__)
        return "database"
