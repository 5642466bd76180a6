"""/admin/retention: how long things are kept, what the law says, and who set another period why."""

from __future__ import annotations

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from campus_service.accounts import queries as accounts
from campus_service.core.db import transaction
from campus_service.core.errors import Invalid
from campus_service.core.http import current_actor, parse_form
from campus_service.core.i18n import _
from campus_service.core.permissions import Permission as P
from campus_service.lostfound import keeping_queries, service
from campus_service.lostfound.custody import ADJUSTABLE, RULES
from campus_service.lostfound.keeping_commands import SetRetention

bp = Blueprint("admin_retention", __name__, url_prefix="/admin/retention")


@bp.before_request
def _only_for_administrators() -> None:
    current_actor().require(P.LOSTFOUND_RETENTION_SET)


@bp.after_request
def _keep_nowhere(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.get("")
def index() -> Response:
    """All classes with their periods."""
    return _index()


def _index(wrong: Invalid | None = None) -> Response:
    history = keeping_queries.retention_history(current_actor())
    html = render_template(
        "admin/retention.html",
        rules=RULES,
        periods=keeping_queries.retention(),
        adjustable=[(custody.value, custody.label, *ADJUSTABLE[custody]) for custody in ADJUSTABLE],
        history=history,
        names=accounts.names_of([rule.set_by for rule in history]),
        errors=wrong.fields if wrong else {},
        form=request.form,
    )
    return make_response(html, 422 if wrong else 200)


@bp.post("")
def change() -> AnyResponse:
    """Set a period, with its reason."""
    try:
        with transaction():
            service.set_retention(current_actor(), parse_form(SetRetention))
    except Invalid as wrong:
        return _index(wrong)
    flash(_("改好了，在架的东西期限已经重算。"), "moss")
    return redirect(url_for(".index"), 303)
