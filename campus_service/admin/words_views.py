"""/admin/words: the campus's own words of the search, with a box that shows how a query is understood."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from campus_service.core.db import transaction
from campus_service.core.errors import Conflict, Invalid
from campus_service.core.http import current_actor, parse_form
from campus_service.core.i18n import _
from campus_service.core.permissions import Permission
from campus_service.search import trying
from campus_service.search import words as service
from campus_service.search.commands import DeleteWords, SaveWords
from campus_service.search.sources import show, sources
from campus_service.search.typed import in_box, searched

pages = Blueprint("search_words", __name__, url_prefix="/admin/words")


@pages.before_request
def _only_for_those_who_may() -> None:
    current_actor().require(Permission.SEARCH_WORDS_EDIT)


@pages.after_request
def _keep_nowhere(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response


@pages.get("")
def index() -> str:
    """The lines, those with ``?q=``; ``?edit=`` opens one, ``?try=`` tries a query."""
    row = next((row for row in _rows() if row.id == request.args.get("edit", 0, type=int)), None)
    values = {"id": row.id, "line": row.line, "note": row.note, "version": row.version} if row else {}
    return _page(values)


def _rows(q: str = "") -> list[Any]:
    return list(service.rows(current_actor(), q))


def _asked(name: str) -> str:
    return searched(in_box(request.args.get(name, "")))


def _page(values: dict[str, Any], errors: dict[str, Any] | None = None, changed: str = "") -> str:
    q, text = _asked("q"), _asked("try")
    tried = trying.try_query(text) if text else None
    return render_template(
        "admin/words.html",
        q=q,
        rows=_rows(q),
        values=values,
        errors=errors or {},
        changed=changed,
        tried=tried,
        hits=list(show(current_actor(), tried.found.ids, text)) if tried else [],
        also=list(show(current_actor(), tried.found.also[: trying.HITS], text)) if tried else [],
        labels={source.kind: source.label for source in sources()},
    )


@pages.post("")
def save() -> AnyResponse | tuple[str, int]:
    """Add a line, or change the one of ``id``."""
    try:
        with transaction():
            row = service.save(current_actor(), parse_form(SaveWords))
            line = row.line
    except Invalid as wrong:
        return _page(request.form.to_dict(), dict(wrong.fields)), 422
    except Conflict as wrong:
        return _page(request.form.to_dict(), changed=str(wrong)), 409
    flash(_("“%(line)s”存好了，马上就能搜到。", line=line), "moss")
    return redirect(url_for(".index"), 303)


@pages.post("/delete")
def delete() -> AnyResponse:
    """Take a line out."""
    with transaction():
        service.delete(current_actor(), parse_form(DeleteWords).id)
    flash(_("这一行删掉了；操作记录里还有它的内容。"), "moss")
    return redirect(url_for(".index"), 303)
