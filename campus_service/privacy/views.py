"""/me/data: a copy of one's data, and its deletion."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, render_template, send_file, url_for
from werkzeug.wrappers import Response as AnyResponse

from campus_service.core.db import transaction
from campus_service.core.errors import Conflict, DomainError, Invalid, NotFound
from campus_service.core.http import current_actor, parse_form
from campus_service.core.i18n import _
from campus_service.core.ratelimit import limiter
from campus_service.privacy import queries, service
from campus_service.privacy.commands import PHRASE, AskErasure

bp = Blueprint("privacy", __name__, url_prefix="/me/data")


@bp.after_request
def _keep_nowhere(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.get("")
def index() -> str:
    """Both on one page."""
    return _page()


def _page(wrong: DomainError | None = None) -> str:
    me = current_actor().person_id()
    return render_template(
        "privacy/index.html",
        export=queries.export_of(me),
        erasure=queries.erasure_of(me),
        unfinished=service.unfinished(me),
        phrase=_(PHRASE),
        errors=wrong.fields if isinstance(wrong, Invalid) else {},
        changed=str(wrong.message) if isinstance(wrong, Conflict) else "",
    )


def _back(message: str) -> AnyResponse:
    flash(message, "success")
    return redirect(url_for("privacy.index"), 303)


@bp.post("/export")
def ask_export() -> AnyResponse | tuple[str, int]:
    """Have a copy made."""
    actor = current_actor()
    actor.person_id()
    try:
        with transaction():
            service.ask_export(actor)
    except Conflict as wrong:
        return _page(wrong), wrong.status
    return _back(_("正在整理，好了会通知你。"))


@bp.get("/export.zip")
def fetch() -> Response:
    """One's own copy, while there is one."""
    path = service.file_of(queries.ready(current_actor()))
    if not path.is_file():
        raise NotFound()
    return send_file(path.absolute(), "application/zip", as_attachment=True, download_name="my-data.zip")


@bp.post("/erase")
@limiter.limit("10 per 5 minutes")
def ask_erasure() -> AnyResponse | tuple[str, int]:
    """Have everything deleted in seven days."""
    actor = current_actor()
    actor.person_id()
    try:
        command = parse_form(AskErasure)
        with transaction():
            service.ask_erasure(actor, command)
    except (Invalid, Conflict) as wrong:
        return _page(wrong), wrong.status
    return _back(_("记下了。七天之内随时可以取消。"))


@bp.post("/keep")
def cancel_erasure() -> AnyResponse | tuple[str, int]:
    """Keep everything after all."""
    actor = current_actor()
    actor.person_id()
    try:
        with transaction():
            service.cancel_erasure(actor)
    except Conflict as wrong:
        return _page(wrong), wrong.status
    return _back(_("不删除了，一切照旧。"))
