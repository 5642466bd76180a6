"""/desk/labels: which things need a label, and the file for the printer."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from campus_service.core.db import transaction
from campus_service.core.errors import Invalid
from campus_service.core.http import current_actor, parse, parse_form
from campus_service.core.permissions import Permission as P
from campus_service.lostfound import desk_items, label_queries, label_sheets, queries, service
from campus_service.lostfound.commands import PER_SHEET, PrintLabels
from campus_service.lostfound.desk_page import chosen as own_desk
from campus_service.lostfound.desk_page import page as desk_page
from campus_service.lostfound.labels import labels

bp = Blueprint("labels", __name__, url_prefix="/desk")


@bp.before_request
def _staff_only() -> None:
    current_actor().require(P.LOSTFOUND_ITEM_INTAKE)


@bp.get("/labels")
def index() -> Response:
    """What came in today; those without a label are ticked."""
    return _index()


def _index(wrong: Invalid | None = None) -> Response:
    rows = queries.taken_in_today(current_actor(), own_desk().code)
    printed = label_queries.printed([row.id for row in rows])
    ticked = request.form.getlist("no") if wrong else [row.no for row in rows if row.id not in printed]
    return desk_page(
        "shelf",
        "labels",
        wrong,
        rows=desk_items.rows_with_badges(rows),
        printed=printed,
        ticked=ticked,
        per_sheet=PER_SHEET,
        labels=labels(),
    )


@bp.post("/labels")
def make() -> AnyResponse:
    """Note them as printed and go to the file; ``alone`` goes to the page of the one label."""
    try:
        command = parse_form(PrintLabels)
        with transaction():
            numbers = service.print_labels(current_actor(), command)
    except Invalid as wrong:
        return _index(wrong)
    if "alone" in request.form:
        return redirect(url_for("desk.label", no=numbers[0], print=1))
    return redirect(url_for(".sheet", no=numbers, form=command.form, start=command.start))


@bp.get("/labels.pdf")
def sheet() -> Response:
    """The labels of these numbers; the same address gives them again, with the shelves of now."""
    asked = {"no": request.args.getlist("no")} | {
        name: request.args[name] for name in ("form", "start") if name in request.args
    }
    command = parse(PrintLabels, asked)
    made = label_sheets.sheet(service.to_print(current_actor(), command), command.form, command.start)
    response = Response(made.content, mimetype="application/pdf")
    response.headers["Content-Disposition"] = 'inline; filename="labels.pdf"'
    response.headers["Cache-Control"] = "private, no-store"
    return response
