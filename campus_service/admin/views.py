"""/admin/jobs and /admin/audit."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from campus_service.accounts.queries import names_of
from campus_service.admin import queries
from campus_service.core import audit as log
from campus_service.core.audit import Break
from campus_service.core.db import transaction
from campus_service.core.http import current_actor, decode_cursor, encode_cursor
from campus_service.core.i18n import _, lazy
from campus_service.jobs import dead
from campus_service.jobs.heartbeat import heartbeat
from campus_service.search import reconciling

pages = Blueprint("admin", __name__, url_prefix="/admin")

BREAKS = {
    Break.MISSING: lazy("不见了"),
    Break.UNLINKED: lazy("和前一条接不上"),
    Break.CHANGED: lazy("写下以后被改过"),
    Break.CUT: lazy("不是链头记着的最后一条：后面被删过，或者多塞了"),
}


@pages.after_request
def _keep_nowhere(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response


@pages.get("/jobs")
def jobs() -> str:
    """The jobs that failed for good, and how many still wait."""
    actor = current_actor()
    rows = dead.dead(actor)
    count, oldest = dead.waiting(actor)
    return render_template(
        "admin/jobs.html",
        rows=rows,
        waiting=count,
        oldest=oldest,
        shown=dead.SHOWN,
        worker=heartbeat(),
        search=reconciling.status(),
    )


@pages.post("/jobs/<int:row_id>/rerun")
def rerun(row_id: int) -> AnyResponse:
    """Try one again."""
    with transaction():
        dead.rerun(current_actor(), row_id)
    flash(_("已经重新排队，几秒后刷新看看。"), "moss")
    return redirect(url_for(".jobs"), 303)


@pages.get("/audit")
def audit() -> str:
    """The audit log, newest first; ?check=1 walks the whole chain."""
    actor = current_actor()
    words = {name: request.args.get(name, "").strip()[:80] for name in ("action", "actor", "obj")}
    cursor = decode_cursor(request.args.get("before", ""), int)
    page = queries.entries(actor, queries.Filter(**words), cursor[0] if cursor else None)
    given: dict[str, Any] = {name: text for name, text in words.items() if text}
    return render_template(
        "admin/audit.html",
        entries=[(entry, queries.changes(entry)) for entry in page.items],
        names=names_of(entry.actor_id for entry in page.items),
        words=words,
        given=given,
        older=url_for(".audit", before=encode_cursor(page.next), **given) if page.next else None,
        newest=url_for(".audit", **given) if cursor else None,
        total=log.count(),
        faults=queries.faults(actor) if request.args.get("check") else None,
        breaks=BREAKS,
    )
