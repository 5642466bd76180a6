"""/desk/import: upload a table, say which column is what, try it out, bring it in, stop or undo it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator

from flask import (
    Blueprint,
    Response,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    stream_with_context,
    url_for,
)
from werkzeug.wrappers import Response as AnyResponse

from campus_service.core import sheets
from campus_service.core.actor import Actor
from campus_service.core.db import transaction
from campus_service.core.errors import Conflict, DomainError, Invalid
from campus_service.core.http import current_actor
from campus_service.core.i18n import LazyString, _, lazy
from campus_service.core.permissions import Permission as P
from campus_service.lostfound.desk_page import tab_counts
from campus_service.lostfound.models import Import
from campus_service.lostfound.moving import page, queries, service, uploading
from campus_service.lostfound.moving.mapping import FIELDS, Mapping
from campus_service.lostfound.states import ImportState

bp = Blueprint("moving", __name__, url_prefix="/desk/import")
SHOWN_REFUSALS = 50
WORKING = (ImportState.TRYING, ImportState.RUNNING)


@bp.before_request
def _movers_only() -> None:
    current_actor().require(P.LOSTFOUND_IMPORT_RUN)


# --- the list and the upload --------------------------------------------------------------------------------------


@bp.get("")
def index() -> Response:
    """Upload a file; see what was brought in before."""
    return _index()


def _index(wrong: DomainError | None = None) -> Response:
    html = render_template(
        "desk/imports.html",
        desk_key="import",
        **tab_counts(),
        rows=queries.latest(current_actor()),
        errors=wrong.fields if isinstance(wrong, Invalid) else {},
    )
    return make_response(html, wrong.status if wrong else 200)


@bp.post("")
def upload() -> AnyResponse:
    """Keep the file and go to its page."""
    file = request.files.get("file")
    try:
        if file is None or not file.filename:
            raise Invalid({"file": lazy("请先选一个文件。")})
        with file.stream as stream:
            import_id = uploading.receive(current_actor(), stream, file.filename)
    except Invalid as wrong:
        return _index(wrong)
    return redirect(url_for("moving.show", import_id=import_id))


# --- one import ---------------------------------------------------------------------------------------------------


@bp.get("/<int:import_id>")
def show(import_id: int) -> Response:
    """Where it stands, and the next step."""
    row = queries.get(current_actor(), import_id)
    return _page(row, Mapping.model_validate(row.mapping))


def _page(row: Import, mapping: Mapping, wrong: DomainError | None = None) -> Response:
    errors = wrong.fields if isinstance(wrong, Invalid) else {}
    editable = page.editable(row)
    html = render_template(
        "desk/import.html",
        desk_key="import",
        **tab_counts(),
        row=row,
        mapping=mapping,
        editable=editable,
        fields=page.field_rows(row, mapping, errors) if editable else [],
        errors={name: text for name, text in errors.items() if name not in FIELDS or not editable},
        missing={name: text for name, text in errors.items() if name in FIELDS},
        field_names=FIELDS,
        changed=str(wrong.message) if isinstance(wrong, Conflict) else "",
        named=page.named_mappings() if editable else [],
        encodings=list(page.ENCODINGS.items()),
        sheets=[(name, name) for name in row.how.get("sheets", [])],
        delimiters=list(page.DELIMITERS.items()),
        refusals=queries.refusals(row.id, SHOWN_REFUSALS) if row.state not in WORKING else [],
        progress=page.progress(row),
        working=row.state in WORKING,
        S=ImportState,
    )
    return make_response(html, wrong.status if wrong else 200)


def _step(
    import_id: int,
    do: Callable[[Actor], object],
    done: LazyString | None = None,
    mapping: Mapping | None = None,
) -> AnyResponse:
    """Do one step and show the page again; a mistake shows it at once with the reason."""
    try:
        do(current_actor())
    except (Invalid, Conflict) as wrong:
        row = queries.get(current_actor(), import_id)
        return _page(row, mapping or Mapping.model_validate(row.mapping), wrong)
    if done is not None:
        flash(str(done), "success")
    return redirect(url_for("moving.show", import_id=import_id))


@bp.post("/<int:import_id>/reading")
def read_as(import_id: int) -> AnyResponse:
    """Another encoding, delimiter or sheet."""
    said = [request.form.get(name, "")[:80] for name in ("encoding", "delimiter", "sheet")]
    return _step(
        import_id, lambda actor: uploading.read_as(actor, import_id, *said), lazy("按新的读法重新读了。")
    )


@bp.post("/<int:import_id>/use")
def use(import_id: int) -> AnyResponse:
    """A mapping that comes with the site, or that was kept."""

    def do(actor: Actor) -> None:
        mapping = page.named(request.form.get("mapping", "")[:60])
        with transaction():
            service.remap(actor, import_id, mapping)

    return _step(import_id, do, lazy("套用好了，看看样例对不对。"))


@bp.post("/<int:import_id>/mapping")
def remap(import_id: int) -> AnyResponse:
    """Keep what the form says; with the button “试跑” try it at once."""
    mapping = _mapping_of(import_id)

    def do(actor: Actor) -> None:
        with transaction():
            service.remap(actor, import_id, mapping, request.form.get("keep_as", "").strip()[:40])
            if request.form.get("then") == "try":
                service.start_trying(actor, import_id)

    done = None if request.form.get("then") == "try" else lazy("存好了。")
    return _step(import_id, do, done, mapping)


def _mapping_of(import_id: int) -> Mapping:
    row = queries.get(current_actor(), import_id)
    return page.mapping_from(request.form, Mapping.model_validate(row.mapping))


@bp.post("/<int:import_id>/preview")
def preview(import_id: int) -> str:
    """The first lines as the form's mapping makes them (htmx)."""
    mapping = _mapping_of(import_id)
    row = queries.get(current_actor(), import_id)
    missing = mapping.missing(row.sample.get("headings", []))
    return render_template(
        "desk/_import_examples.html", fields=page.field_rows(row, mapping, missing), row=row
    )


@bp.post("/<int:import_id>/run")
def run(import_id: int) -> AnyResponse:
    """Bring the good lines in."""
    return _step(import_id, _in_transaction(service.start, import_id))


@bp.post("/<int:import_id>/cancel")
def cancel(import_id: int) -> AnyResponse:
    """Stop trying or running."""
    return _step(import_id, _in_transaction(service.cancel, import_id), lazy("停下了。"))


@bp.post("/<int:import_id>/undo")
def undo(import_id: int) -> AnyResponse:
    """Take away what it brought in."""
    return _step(import_id, _in_transaction(service.undo, import_id), lazy("撤销了，这次导入的都拿掉了。"))


def _in_transaction(do: Callable[[Actor, int], object], import_id: int) -> Callable[[Actor], None]:
    def inside(actor: Actor) -> None:
        with transaction():
            do(actor, import_id)

    return inside


@bp.get("/<int:import_id>/progress")
def progress(import_id: int) -> Response:
    """How far the job is (htmx asks every two seconds); when it is over, the page is shown again."""
    row = queries.get(current_actor(), import_id)
    if row.state not in WORKING:
        return Response(headers={"HX-Redirect": url_for("moving.show", import_id=import_id)})
    return make_response(
        render_template("desk/_import_progress.html", row=row, progress=page.progress(row), S=ImportState)
    )


@bp.get("/<int:import_id>/refused.csv")
def refused(import_id: int) -> Response:
    """Every refused line with its number, the reason and what stood there; no cell is a formula."""
    row = queries.get(current_actor(), import_id)
    head = (_("行"), _("原因"), *row.sample.get("headings", []))
    lines = ((each.line, each.reason, *each.cells) for each in queries.all_refusals(row.id))
    response = Response(stream_with_context(_csv(head, lines)), content_type=sheets.CSV_TYPE)
    response.headers["Content-Disposition"] = f'attachment; filename="refused-{row.id}.csv"'
    return response


def _csv(head: sheets.Row, lines: Iterator[sheets.Row]) -> Iterator[str]:
    yield "\ufeff" + _csv_line(head)
    yield from map(_csv_line, lines)


def _csv_line(line: sheets.Row) -> str:
    out = io.StringIO()
    csv.writer(out).writerow([sheets.safe(cell) for cell in line])
    return out.getvalue()
