"""Pages of stock-takes: begin one, count tag by tag, explain the differences and close."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from campus_service.core.actor import Actor
from campus_service.core.db import transaction
from campus_service.core.errors import Conflict, DomainError, Invalid
from campus_service.core.http import current_actor, parse, parse_form
from campus_service.core.i18n import lazy
from campus_service.lostfound import commands_custody as c
from campus_service.lostfound import custody_pages
from campus_service.lostfound.commands import Command
from campus_service.lostfound.desk_page import attempt, page, staff_only
from campus_service.lostfound.service import stocktaking

bp = Blueprint("stocktakes", __name__, url_prefix="/desk/stock-takes")
bp.before_request(staff_only)


@bp.get("")
def index() -> Response:
    """Counts that are going on, and the last ones."""
    return _index()


def _index(wrong: DomainError | None = None) -> Response:
    return page("watch", "stock_takes", wrong, takes=custody_pages.takes(current_actor()), view="stock")


@bp.post("")
def start() -> AnyResponse:
    """Begin to count a shelf or a desk."""
    try:
        command = parse_form(c.StartStockTake)
        with transaction():
            take_id = stocktaking.start(current_actor(), command).id
    except (Invalid, Conflict) as wrong:
        return _index(wrong)
    return redirect(url_for("stocktakes.show", take_id=take_id))


@bp.get("/<int:take_id>")
def show(take_id: int) -> Response:
    """Where the count stands."""
    return _show(take_id)


def _show(take_id: int, wrong: DomainError | None = None) -> Response:
    return page(
        "watch",
        "stock_take",
        wrong,
        page=custody_pages.take_page(current_actor(), take_id),
        explanations=custody_pages.explanations(),
        ledger_says=custody_pages.ledger_says,
        # A long shelf has many differences until it is counted: they are looked at when one is through.
        comparing="differences" in request.args or request.endpoint == "stocktakes.close",
        last_shelf=request.form.get("shelf") or request.args.get("shelf", "")[:20],
        view="stock",
    )


@bp.post("/<int:take_id>/count")
def count(take_id: int) -> AnyResponse:
    """A tag was scanned; the shelf stays for the next one."""
    return attempt(
        c.CountItem,
        lambda actor, sent: stocktaking.count(actor, take_id, sent),
        lambda wrong: _show(take_id, wrong),
        url_for("stocktakes.show", take_id=take_id, shelf=request.form.get("shelf", "")[:20] or None),
        lazy("点到了 %(tag)s。", tag=c.number_in(request.form.get("tag", ""))),
    )


@bp.post("/<int:take_id>/close")
def close(take_id: int) -> AnyResponse:
    """All differences are explained."""
    try:
        command = parse(c.CloseStockTake, {"explained": _explained()})
        with transaction():
            stocktaking.close(current_actor(), take_id, command)
    except (Invalid, Conflict) as wrong:
        return _show(take_id, wrong)
    return redirect(url_for("stocktakes.show", take_id=take_id))


@bp.post("/<int:take_id>/abandon")
def abandon(take_id: int) -> AnyResponse:
    """It was begun by mistake."""

    def do(actor: Actor, _sent: Command) -> None:
        stocktaking.abandon(actor, take_id)

    return attempt(
        Command,
        do,
        lambda wrong: _show(take_id, wrong),
        url_for("stocktakes.index"),
        lazy("这次盘点取消了，账没有动。"),
    )


def _explained() -> list[dict[str, str]]:
    """The lines that were filled in; what is half-filled is as good as not said, and named by the service."""
    said = []
    for no in request.form.getlist("numbers"):
        line = {
            "no": no,
            "explanation": request.form.get(f"explanation_{no}", ""),
            "note": request.form.get(f"note_{no}", "").strip(),
        }
        if line["explanation"] and len(line["note"]) >= 2:
            said.append(line)
    return said
