"""/me/following: the searches that somebody keeps; and where the link of each mail ends them."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from campus_service.core.db import transaction
from campus_service.core.errors import Conflict
from campus_service.core.http import current_actor, parse_form
from campus_service.core.i18n import _
from campus_service.core.page import csrf
from campus_service.following import listing, service
from campus_service.following.commands import KeepSearch, SetRhythm
from campus_service.following.states import Rhythm

bp = Blueprint("following", __name__)


@bp.get("/me/following")
def index() -> str:
    """One's searches with what each found last."""
    return _page()


def _page(changed: str = "") -> str:
    rows = listing.rows(current_actor())
    rhythms = [(each.value, each.label) for each in Rhythm]
    return render_template("following/index.html", rows=rows, rhythm_options=rhythms, changed=changed)


@bp.post("/me/following")
def keep() -> AnyResponse | tuple[str, int]:
    """Keep the search that a list shows."""
    actor = current_actor()
    actor.person_id()
    command = parse_form(KeepSearch)
    try:
        with transaction():
            service.keep(actor, command)
    except Conflict as full:
        return _page(str(full.message)), full.status
    flash(_("关注好了，有对上的就告诉你。"), "success")
    return redirect(url_for("following.index"), 303)


@bp.post("/me/following/<int:search_id>/rhythm")
def rhythm(search_id: int) -> AnyResponse:
    """How soon to be told."""
    with transaction():
        service.set_rhythm(current_actor(), search_id, parse_form(SetRhythm))
    flash(_("改好了。"), "success")
    return redirect(url_for("following.index"), 303)


@bp.post("/me/following/<int:search_id>/delete")
def drop(search_id: int) -> AnyResponse:
    """Give a search up."""
    with transaction():
        service.drop(current_actor(), search_id)
    flash(_("不再关注了。"), "success")
    return redirect(url_for("following.index"), 303)


@bp.get("/following/stop/<token>")
def ask_stop(token: str) -> str:
    """Only asks: programs that look at links must not end anything (RFC 8058)."""
    rows = listing.named(service.of_token(token))
    running = any(row.search.rhythm is not Rhythm.OFF for row in rows)
    return render_template("following/stop.html", rows=rows, running=running, token=token)


@bp.post("/following/stop/<token>")
def stop(token: str) -> str:
    """Ends it at once, whoever posts: a mail program's one click has no form of ours (RFC 8058)."""
    with transaction():
        service.stop(token)
    return ask_stop(token)


csrf.exempt(stop)
