"""Puts accounts into the application: who sent a request, by cookie or API token, and the pages."""

from __future__ import annotations

import secrets
from datetime import timedelta

import structlog
from flask import Flask, Request, Response, current_app, g, request, session
from flask_login import LoginManager, UserMixin, current_user
from sqlalchemy.exc import SQLAlchemyError

from campus_service.accounts import admin_views, queries, sessions, settings_views, views
from campus_service.accounts import personal as _personal  # noqa: F401  # registers what a person's copy holds
from campus_service.accounts import tasks as _tasks  # noqa: F401  # registers the jobs
from campus_service.core.actor import Actor
from campus_service.core.db import transaction
from campus_service.core.errors import SignInNeeded
from campus_service.core.i18n import lazy
from campus_service.core.page import csrf
from campus_service.core.permissions import Permission
from campus_service.core.settings import KEY

log = structlog.get_logger(__name__)
_NOTE = "accounts_note"
# Where monitoring programs read.
FIGURES = "/metrics"


def init_app(app: Flask) -> None:
    """Register the loaders, the check of tokens and CSRF, the blueprints and the jobs."""
    app.config.update(
        PERMANENT_SESSION_LIFETIME=timedelta(days=app.extensions[KEY].session_days),
        SESSION_REFRESH_EACH_REQUEST=False,
        # Checked below instead: an API token is no cookie, so its requests need no CSRF token.
        WTF_CSRF_CHECK_DEFAULT=False,
    )
    login = LoginManager()
    # Phones change networks. The session lives on the server, where it can be ended.
    login.session_protection = None
    login.init_app(app)
    login.user_loader(_by_cookie)
    login.request_loader(_by_api_token)
    app.before_request(_check_origin)
    app.after_request(_note_use)
    for blueprint in (views.pages, settings_views.pages, admin_views.pages):
        app.register_blueprint(blueprint)


def _check_origin() -> None:
    """Refuse a dead API token; ask every other request that changes something for its CSRF token."""
    if _bearer(request):
        if not current_user.is_authenticated:
            raise SignInNeeded(lazy("这个令牌不存在、已撤销或已过期。请在“我的 · 设置”里新建一个。"))
    elif request.endpoint and current_app.config["WTF_CSRF_ENABLED"] and not _program_of_nobody():
        csrf.protect(apply_exemptions=True)


def _program_of_nobody() -> bool:
    """An API call without cookies carries nobody's rights: there is nothing that a foreign page could borrow."""
    return request.path.startswith("/api/") and not request.cookies


def _by_cookie(token: str) -> queries.SignedIn | None:
    if _bearer(request):
        return None  # the token decides alone: the cookie beside it would lend it rights without a CSRF check
    known = queries.by_session(token)
    if known is None or not known.alive:
        session.pop("_user_id", None)
    return _noted(known)


class _Monitor(UserMixin):  # type: ignore[misc]
    """The monitoring program that knows ``CAMPUS_METRICS_TOKEN``: nobody, who may read the figures."""

    actor = Actor(None, "monitoring", permissions=frozenset({Permission.JOBS_DEAD_MANAGE}))


def _by_api_token(request: Request) -> queries.SignedIn | _Monitor | None:
    token = _bearer(request)
    if not token:
        return None
    return _Monitor() if _is_monitor(request, token) else _noted(queries.by_api_token(token))


def _is_monitor(request: Request, token: str) -> bool:
    """Whether ``token`` is the one of the settings, at the only address that it opens."""
    expected: str = current_app.extensions[KEY].metrics_token
    return (
        bool(expected)
        and request.path == FIGURES
        and secrets.compare_digest(token.encode(), expected.encode())
    )


def _bearer(request: Request) -> str:
    """The API token of this request; only the API and the figures take one."""
    kind, _space, token = request.headers.get("Authorization", "").partition(" ")
    takes = request.path.startswith("/api/") or request.path == FIGURES
    return token.strip() if kind.lower() == "bearer" and takes else ""


def by_key(key: str) -> queries.SignedIn | None:
    """Whose personal API token this is, where a protocol sends it otherwise (Open311); its use is noted."""
    return _noted(queries.by_api_token(key)) if key else None


def _noted(known: queries.SignedIn | None) -> queries.SignedIn | None:
    if known is not None and (known.stale or not known.alive):
        g.setdefault(_NOTE, known)
    return known if known is not None and known.alive else None


def _note_use(response: Response) -> Response:
    """Write down the use of a session or token, after the request's own transaction and at its own risk."""
    known: queries.SignedIn | None = g.pop(_NOTE, None)
    if known is None:
        return response
    try:
        with transaction():
            sessions.note_use(
                session_id=known.session_id, api_token_id=known.api_token_id, ran_out=not known.alive
            )
    except SQLAlchemyError as error:
        log.warning("use of a session was not noted", error=repr(error))
    return response
