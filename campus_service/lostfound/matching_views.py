"""Answers to likely pairs: the loser's "not mine", the desk's "that is it" and "another thing"."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, url_for
from werkzeug.wrappers import Response as AnyResponse

from campus_service.core.db import transaction
from campus_service.core.http import current_actor
from campus_service.core.i18n import _
from campus_service.core.permissions import Permission as P
from campus_service.lostfound import service

bp = Blueprint("matches", __name__)


@bp.post("/lost-found/matches/<int:pair_id>/dismiss")
def dismiss(pair_id: int) -> AnyResponse:
    """The loser: it is not mine."""
    actor = current_actor()
    actor.person_id()
    with transaction():
        pair = service.dismiss(actor, pair_id)
    flash(_("记下了，不再提它。"), "success")
    return redirect(url_for("lostfound.item", no=pair.lost.no))


@bp.post("/desk/matches/<int:pair_id>/dismiss")
def set_apart(pair_id: int) -> AnyResponse:
    """A desk: these are two things."""
    current_actor().require(P.LOSTFOUND_PRIVATE_READ)
    with transaction():
        pair = service.dismiss(current_actor(), pair_id)
    flash(_("记下了，不再提这一对。"), "success")
    return redirect(url_for("desk.item", no=pair.found.no))


@bp.post("/desk/matches/<int:pair_id>/confirm")
def confirm(pair_id: int) -> AnyResponse:
    """A desk: this is it; the loser is told where he may be."""
    current_actor().require(P.LOSTFOUND_PRIVATE_READ)
    with transaction():
        pair = service.confirm(current_actor(), pair_id)
    told = pair.told_at is not None
    flash(
        _("记下了，已经告诉失主来认领。") if told else _("记下了。这类东西不公布，请直接联系失主。"),
        "success",
    )
    return redirect(url_for("desk.item", no=pair.found.no))
