"""/newsroom/boards: the notice boards where posters hang, and how many came from each."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from campus_service.bulletin import poster_queries
from campus_service.bulletin.commands import DescribeBoard, PutUpBoard
from campus_service.bulletin.newsroom_views import page
from campus_service.bulletin.service import boards
from campus_service.core.clock import today
from campus_service.core.db import transaction
from campus_service.core.errors import Conflict, DomainError, Invalid
from campus_service.core.http import current_actor, parse_form
from campus_service.core.i18n import lazy
from campus_service.core.permissions import Permission as P

bp = Blueprint("boards", __name__, url_prefix="/newsroom/boards")


@bp.before_request
def _managers_only() -> None:
    current_actor().require(P.BULLETIN_BOARD_MANAGE)


@bp.get("")
def index() -> Response:
    """The boards with what they brought, per issue too, and the form for a new one."""
    return _list()


def _list(wrong: DomainError | None = None, code: str = "") -> Response:
    """``code``: the board whose form the mistake is in; none is the form for a new one."""
    return page(
        "posters",
        "boards",
        wrong,
        boards=poster_queries.boards(),
        scans=poster_queries.scans_of_boards(today() - timedelta(days=6)),
        issues=poster_queries.scans_by_issue(),
        wrong_code=code,
    )


@bp.post("")
def create() -> AnyResponse:
    """Put one up."""
    try:
        command = parse_form(PutUpBoard)
        with transaction():
            boards.put_up(current_actor(), command)
    except Invalid as wrong:
        return _list(wrong)
    flash(str(lazy("加上了。给它印一张带自己二维码的海报吧。")), "success")
    return redirect(url_for("boards.index", _anchor=f"board-{command.code}"), 303)


@bp.post("/<code>")
def change(code: str) -> AnyResponse:
    """Another name or place."""
    try:
        command = parse_form(DescribeBoard)
        with transaction():
            boards.describe(current_actor(), code, command)
    except Invalid as wrong:
        return _list(wrong, code)
    flash(str(lazy("存好了。")), "success")
    return redirect(url_for("boards.index", _anchor=f"board-{code}"), 303)


@bp.post("/<code>/use")
def use(code: str) -> AnyResponse:
    """Out of use, or back."""
    active = request.form.get("active") == "1"
    with transaction():
        boards.use(current_actor(), code, active)
    flash(str(lazy("又在用了。") if active else lazy("停用了，以前扫过的次数都还在。")), "success")
    return redirect(url_for("boards.index"), 303)


@bp.post("/<code>/remove")
def remove(code: str) -> AnyResponse:
    """One that was put up by mistake."""
    try:
        with transaction():
            boards.remove(current_actor(), code)
    except Conflict as wrong:
        return _list(wrong, code)
    flash(str(lazy("删掉了。")), "success")
    return redirect(url_for("boards.index"), 303)
